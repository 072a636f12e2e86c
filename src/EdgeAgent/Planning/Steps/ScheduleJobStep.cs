using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.EdgeAgent.Planning.Steps;

/// <summary>Note when a job runs next.</summary>
/// <param name="Spec">The job.</param>
/// <param name="DueAt">When.</param>
/// <param name="Skipped">The time at which it should have run and did not, because it still ran; null when there is none.</param>
internal sealed record ScheduleJobStep(VmSpec Spec, DateTimeOffset DueAt, DateTimeOffset? Skipped = null) : PlanStep(Spec.Name);
