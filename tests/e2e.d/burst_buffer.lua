-- A burst buffer whose paths give the job variables.
local function fine() return slurm.SUCCESS, "" end
slurm_bb_job_process, slurm_bb_pools, slurm_bb_job_teardown, slurm_bb_setup = fine, fine, fine, fine
slurm_bb_data_in, slurm_bb_test_data_in, slurm_bb_real_size = fine, fine, function() return slurm.SUCCESS, "0" end
slurm_bb_pre_run, slurm_bb_post_run, slurm_bb_data_out, slurm_bb_test_data_out = fine, fine, fine, fine
slurm_bb_get_status = fine
function slurm_bb_paths(job, script, path)
    local file = io.open(path, "w")
    file:write("LD_PRELOAD=/home/alice/own.so\nBASH_ENV=/home/alice/own\nBURST_BUFFER=/home/alice\n")
    file:close()
    return slurm.SUCCESS
end
return slurm.SUCCESS
