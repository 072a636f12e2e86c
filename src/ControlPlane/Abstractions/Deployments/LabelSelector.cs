using System.Collections.Immutable;

namespace MicroVm.ControlPlane.Abstractions.Deployments;

/// <summary>Which devices a deployment is for: those that carry every one of these labels.</summary>
/// <param name="MatchLabels">At least one name and value.</param>
[GenerateSerializer]
[Immutable]
public sealed record LabelSelector([property: Id(0)] ImmutableSortedDictionary<string, string> MatchLabels)
{
    /// <summary>True when the labels carry all that is asked for.</summary>
    public bool Matches(IReadOnlyDictionary<string, string> labels) =>
        MatchLabels.All(wanted => labels.TryGetValue(wanted.Key, out string? value) && value == wanted.Value);
}
