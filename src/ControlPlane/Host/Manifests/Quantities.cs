using System.Text.RegularExpressions;
using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>Sizes and durations as people write them. There is one way to write each unit.</summary>
internal static partial class Quantities
{
    internal const string MemoryRule = "a size such as 128MiB (MiB or GiB, 32MiB to 64GiB)";
    internal const string GraceRule = "a duration such as 10s (s or m, 0s to 60m)";

    /// <summary>Memory in MiB; null when the text is not one or it is out of range.</summary>
    internal static int? MemoryMib(string text) =>
        Scaled(MemoryPattern().Match(text), unit => unit == "GiB" ? 1024 : 1) is long mib and >= VmSpec.MinMemoryMib and <= VmSpec.MaxMemoryMib
            ? (int)mib
            : null;

    /// <summary>A grace period in seconds; null when the text is not one or it is out of range.</summary>
    internal static int? GraceSeconds(string text) =>
        Scaled(GracePattern().Match(text), unit => unit == "m" ? 60 : 1) is long seconds and <= VmSpec.MaxGracePeriodSeconds
            ? (int)seconds
            : null;

    private static long? Scaled(Match match, Func<string, int> scale) =>
        match.Success ? long.Parse(match.Groups[1].ValueSpan) * scale(match.Groups[2].Value) : null;

    [GeneratedRegex(@"\A([0-9]{1,9})(MiB|GiB)\z")]
    private static partial Regex MemoryPattern();

    [GeneratedRegex(@"\A([0-9]{1,9})(s|m)\z")]
    private static partial Regex GracePattern();
}
