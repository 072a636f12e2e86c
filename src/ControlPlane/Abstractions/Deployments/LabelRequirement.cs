using System.Collections.Immutable;

namespace MicroVm.ControlPlane.Abstractions.Deployments;

/// <summary>One condition of a selector.</summary>
/// <param name="Name">Name of the label.</param>
/// <param name="Operator">What is asked of it.</param>
/// <param name="Values">Values of <see cref="LabelOperator.In"/> and <see cref="LabelOperator.NotIn"/>, ordered; else none.</param>
[GenerateSerializer]
[Immutable]
public sealed record LabelRequirement(
    [property: Id(0)] string Name, [property: Id(1)] LabelOperator Operator, [property: Id(2)] ImmutableArray<string> Values)
{
    /// <summary>True when labels meet the condition.</summary>
    public bool Matches(IReadOnlyDictionary<string, string> labels)
    {
        bool has = labels.TryGetValue(Name, out string? value);
        return Operator switch
        {
            LabelOperator.In => has && Values.Contains(value!),
            LabelOperator.NotIn => !has || !Values.Contains(value!),
            LabelOperator.Exists => has,
            _ => !has,
        };
    }

    /// <inheritdoc/>
    public bool Equals(LabelRequirement? other) =>
        other is not null && Name == other.Name && Operator == other.Operator && Values.SequenceEqual(other.Values);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, Operator, Values.Length);

    /// <summary>The condition in the selector language; see <see cref="SelectorText"/>.</summary>
    public override string ToString() => Operator switch
    {
        LabelOperator.In when Values.Length == 1 => $"{Name}={Values[0]}",
        LabelOperator.NotIn when Values.Length == 1 => $"{Name}!={Values[0]}",
        LabelOperator.In => $"{Name} in ({string.Join(",", Values)})",
        LabelOperator.NotIn => $"{Name} notin ({string.Join(",", Values)})",
        LabelOperator.Exists => Name,
        _ => $"!{Name}",
    };
}
