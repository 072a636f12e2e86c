using System.Text.RegularExpressions;
using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>Sizes and durations as people write them. There is one way to write each unit.</summary>
internal static partial class Quantities
{
    internal const string MemoryRule = "a size such as 128MiB (MiB or GiB, 32MiB to 64GiB)";
    internal const string VolumeRule = "a size such as 64MiB (MiB, GiB or TiB, 8MiB to 4TiB)";
    internal const string TmpfsRule = "a size such as 16MiB (MiB or GiB, 1MiB to 64GiB)";
    internal const string GraceRule = "a duration such as 10s (s or m, 0s to 60m)";
    internal const string RateRule = "an amount a second such as 10MiB (KiB, MiB or GiB, 1KiB to 1000GiB)";

    private const long MaxRateBytes = 1000L << 30;

    /// <summary>Memory in MiB; null when the text is not one or it is out of range.</summary>
    internal static int? MemoryMib(string text) => Mib(MemoryPattern().Match(text), VmSpec.MinMemoryMib, VmSpec.MaxMemoryMib);

    /// <summary>A volume's size in MiB; null when the text is not one or it is out of range.</summary>
    internal static int? VolumeMib(string text) => Mib(VolumePattern().Match(text), VolumeMount.MinSizeMib, VolumeMount.MaxSizeMib);

    /// <summary>The size of a file system in memory in MiB; null when the text is not one or it is out of range.</summary>
    internal static int? TmpfsMib(string text) => Mib(MemoryPattern().Match(text), 1, VmSpec.MaxMemoryMib);

    /// <summary>A grace period in seconds; null when the text is not one or it is out of range.</summary>
    internal static int? GraceSeconds(string text) => Seconds(text, 0, VmSpec.MaxGracePeriodSeconds);

    /// <summary>A duration in seconds; null when the text is not one or it is out of range.</summary>
    internal static int? Seconds(string text, int least, int most) =>
        Scaled(DurationPattern().Match(text), static unit => unit == "m" ? 60 : 1) is long seconds && seconds >= least && seconds <= most ? (int)seconds : null;

    /// <summary>Bytes a second; null when the text is not an amount or it is out of range.</summary>
    internal static long? RateBytes(string text) =>
        Scaled(RatePattern().Match(text), static unit => unit switch { "GiB" => 1 << 30, "MiB" => 1 << 20, _ => 1 << 10 }) is long bytes and > 0 and <= MaxRateBytes
            ? bytes
            : null;

    private static int? Mib(Match match, int least, int most) =>
        Scaled(match, static unit => unit switch { "TiB" => 1 << 20, "GiB" => 1 << 10, _ => 1 }) is long mib && mib >= least && mib <= most ? (int)mib : null;

    private static long? Scaled(Match match, Func<string, int> scale) =>
        match.Success ? long.Parse(match.Groups[1].ValueSpan) * scale(match.Groups[2].Value) : null;

    [GeneratedRegex(@"\A([0-9]{1,9})(MiB|GiB)\z")]
    private static partial Regex MemoryPattern();

    [GeneratedRegex(@"\A([0-9]{1,9})(MiB|GiB|TiB)\z")]
    private static partial Regex VolumePattern();

    [GeneratedRegex(@"\A([0-9]{1,9})(KiB|MiB|GiB)\z")]
    private static partial Regex RatePattern();

    [GeneratedRegex(@"\A([0-9]{1,9})(s|m)\z")]
    private static partial Regex DurationPattern();
}
