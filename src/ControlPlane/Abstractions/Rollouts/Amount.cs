using System.Globalization;

namespace MicroVm.ControlPlane.Abstractions.Rollouts;

/// <summary>How many of a number of devices: a count, or a share of them.</summary>
/// <param name="Value">From 1; 1 to 100 when it is a share.</param>
/// <param name="IsPercent">Whether it is a share.</param>
[GenerateSerializer]
[Immutable]
public sealed record Amount([property: Id(0)] int Value, [property: Id(1)] bool IsPercent)
{
    /// <summary>Most devices that a count may name.</summary>
    public const int MaxCount = 1_000_000;

    /// <summary>Everything.</summary>
    public static Amount All { get; } = new(100, true);

    /// <summary>How many that is; a share is rounded up, so that it is never nothing, and a count is held to the total.</summary>
    public int Of(int total) => IsPercent ? (int)(((long)total * Value + 99) / 100) : Math.Min(Value, total);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture) + (IsPercent ? "%" : "");
}
