-- Slurm's job_submit/lua: what Sluice can't do on the node, done when a job is submitted.
--
-- `sbatch --get-user-env`, and --export with anything but ALL, make slurmd run the user's login
-- profile on the node, before any plugin and outside every sandbox. This takes that away from the
-- jobs in scope, and refuses at once what their nodes would refuse anyway.
--
-- In slurm.conf: JobSubmitPlugins=lua, with this file beside it as job_submit.lua.

-- Partitions whose nodes enforce; an empty list means all.
local partitions = {}

local function in_scope(job, parts)
   if #partitions == 0 then return true end
   local asked = job.partition
   if asked == nil then
      for name, part in pairs(parts) do
         if part.flag_default == 1 then asked = name end
      end
   end
   -- A job may name several; one in scope is enough.
   for name in string.gmatch(asked or "", "[^,]+") do
      for _, listed in ipairs(partitions) do
         if name == listed then return true end
      end
   end
   return false
end

local function refuse(code, why)
   slurm.log_user("sluice: refused (%s): %s", code, why)
   return slurm.ERROR
end

function slurm_job_submit(job, parts, uid)
   if not in_scope(job, parts) then return slurm.SUCCESS end
   if job.script == nil or job.script == "" then
      return refuse("step-refused", "only batch jobs are admitted; submit with sbatch")
   end
   if job.array_inx ~= nil and job.array_inx ~= "" then
      return refuse("array-refused",
         "array jobs are not admitted; submit each run as a job of its own (WESkit passes an " ..
         "accounting name as -a: unset it)")
   end
   -- slurmd looks for exactly this variable with the value 1; it can't be removed here.
   if job.environment["SLURM_GET_USER_ENV"] ~= nil then
      job.environment["SLURM_GET_USER_ENV"] = "0"
   end
   return slurm.SUCCESS
end

function slurm_job_modify(job, record, parts, uid)
   return slurm.SUCCESS
end

return slurm.SUCCESS
