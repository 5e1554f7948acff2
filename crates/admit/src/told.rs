//! The verdict as the user finds it in the drop box.

use serde_json::json;
use sluice_policy::time::format;
use sluice_site::record::Record;

use crate::batch::Batch;
use crate::refused::Refused;

/// Leaves it there. A job with a record runs; one with both runs on trial.
pub(crate) fn tell(job: &Batch<'_>, record: Option<&Record>, refused: Option<&Refused>) {
    let status =
        |record: &Record| job.site.status.join(format!("{}.json", record.run.status_token));
    let verdict = json!({
        "format": 1,
        "job": job.facts.job.id,
        "restart": job.facts.job.restart,
        "verdict": match (record, refused) {
            (Some(_), None) => "admit",
            (Some(_), Some(_)) => "confine",
            (None, _) => "refuse",
        },
        "code": refused.map(|refused| refused.code.word()),
        "message": refused.map(|refused| &refused.message),
        "entry": record.map(|record| &record.basis.entry),
        "run-id": job.run_id(),
        "status": record.map(status),
        "time": format(job.now),
    });
    let name = format!("verdict-{}.json", job.facts.job.id);
    job.drop_box.leave(&name, &format!("{verdict}\n"), &job.user);
}
