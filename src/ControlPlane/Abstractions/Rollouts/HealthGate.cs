namespace MicroVm.ControlPlane.Abstractions.Rollouts;

/// <summary>When a device counts as healthy in a revision, and when as failed.</summary>
/// <param name="ReadySeconds">How long its VM has to be Running or Completed without a break.</param>
/// <param name="MaxRestarts">Restarts of the workload that are still healthy.</param>
/// <param name="MaxErrorLines">Lines on standard error since the device was told that are still healthy; null when they do not matter.</param>
[GenerateSerializer]
[Immutable]
public sealed record HealthGate(
    [property: Id(0)] int ReadySeconds = 10, [property: Id(1)] int MaxRestarts = 0, [property: Id(2)] int? MaxErrorLines = null);
