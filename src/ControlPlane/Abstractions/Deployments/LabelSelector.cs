using System.Collections.Immutable;

namespace MicroVm.ControlPlane.Abstractions.Deployments;

/// <summary>Which devices something is for: those that carry every one of these labels and meet every condition.</summary>
/// <param name="MatchLabels">Names and values.</param>
[GenerateSerializer]
[Immutable]
public sealed record LabelSelector([property: Id(0)] ImmutableSortedDictionary<string, string> MatchLabels)
{
    /// <summary>Further conditions, in the order written.</summary>
    [Id(1)]
    public ImmutableArray<LabelRequirement> Requirements { get; init; } = [];

    /// <summary>True when the labels carry all that is asked for.</summary>
    public bool Matches(IReadOnlyDictionary<string, string> labels) =>
        MatchLabels.All(wanted => labels.TryGetValue(wanted.Key, out string? value) && value == wanted.Value)
        && Requirements.All(requirement => requirement.Matches(labels));

    /// <summary>True when both ask for the same.</summary>
    public bool HasContentOf(LabelSelector other) =>
        MatchLabels.SequenceEqual(other.MatchLabels) && Requirements.SequenceEqual(other.Requirements);

    /// <summary>The selector in the selector language.</summary>
    public override string ToString() =>
        string.Join(", ", MatchLabels.Select(label => $"{label.Key}={label.Value}").Concat(Requirements.Select(requirement => requirement.ToString())));
}
