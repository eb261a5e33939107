from . import workshop_job
