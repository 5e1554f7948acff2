use serde::{Deserialize, Deserializer, de::Error};

sluice_protocol::codes! {
    /// How a job ended, by Slurm's word for it or, where Slurm has none, by ours.
    pub enum JobState {
        BootFail = "BOOT_FAIL": "its nodes didn't boot",
        Cancelled = "CANCELLED": "somebody cancelled it",
        Completed = "COMPLETED": "its script ended with 0",
        Deadline = "DEADLINE": "its deadline was over",
        Failed = "FAILED": "its script ended with another code or by a signal",
        NodeFail = "NODE_FAIL": "one of its nodes failed",
        NodeLost = "NODE_LOST": "ours: one of its nodes never said that nothing of it runs there",
        OutOfMemory = "OUT_OF_MEMORY": "it used more memory than it had",
        Preempted = "PREEMPTED": "another job took its place",
        Requeued = "REQUEUED": "ours: it has started again, under the same number",
        Revoked = "REVOKED": "another cluster of the federation runs it",
        Timeout = "TIMEOUT": "its time was over",
        Unknown = "UNKNOWN": "ours: Slurm has forgotten it",
    }
}

impl JobState {
    /// The end that this word of squeue's means, job_state_string(3) of Slurm; none if it means no
    /// end.
    pub fn of_slurm(word: &str) -> Option<Self> {
        Self::of(word).filter(|it| !matches!(it, Self::NodeLost | Self::Requeued | Self::Unknown))
    }
}

impl<'de> Deserialize<'de> for JobState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        Self::of(&word).ok_or_else(|| D::Error::custom(format!("{word:?} is no end of a job")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_written_and_read_as_their_words() {
        for &state in JobState::ALL {
            let json = serde_json::to_string(&state).unwrap();
            assert_eq!(json, format!("{:?}", state.word()));
            assert_eq!(serde_json::from_str::<JobState>(&json).unwrap(), state);
        }
        assert!(serde_json::from_str::<JobState>("\"RUNNING\"").is_err());
    }

    #[test]
    fn only_ends_of_slurms_are_ends() {
        assert_eq!(JobState::of_slurm("TIMEOUT"), Some(JobState::Timeout));
        // Slurm has a word REQUEUED, too: of a job that waits for its next start.
        for word in ["RUNNING", "COMPLETING", "REQUEUED", "UNKNOWN", "NODE_LOST", "completed", ""] {
            assert_eq!(JobState::of_slurm(word), None, "{word}");
        }
    }
}
