using MicroVm.ControlPlane.Abstractions.Deployments;

namespace MicroVm.ControlPlane.Abstractions.Rollouts;

/// <summary>Which devices have a revision first.</summary>
/// <param name="Amount">How many; null when <paramref name="Selector"/> says which.</param>
/// <param name="Selector">Which of the deployment's devices; null when <paramref name="Amount"/> says how many.</param>
[GenerateSerializer]
[Immutable]
public sealed record CanaryRule([property: Id(0)] Amount? Amount, [property: Id(1)] LabelSelector? Selector);
