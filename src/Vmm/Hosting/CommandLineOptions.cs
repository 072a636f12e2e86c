using MicroVm.Vmm.Control.Http;
using MicroVm.Vmm.Diagnostics;

namespace MicroVm.Vmm.Hosting;

/// <summary>What the command line asks for.</summary>
internal sealed record CommandLineOptions
{
    internal const string DefaultId = "anonymous-instance";

    internal string? ConfigFile { get; init; }

    internal string? ApiSocket { get; init; }

    internal bool NoApi { get; init; }

    internal string Id { get; init; } = DefaultId;

    internal string? LogPath { get; init; }

    internal LogLevel? Level { get; init; }

    internal bool? ShowLevel { get; init; }

    internal bool? ShowLogOrigin { get; init; }

    internal string? MetricsPath { get; init; }

    /// <summary>The guest has a boot timer.</summary>
    internal bool BootTimer { get; init; }

    /// <summary>When whoever started this process began, on the monotonic clock; by default this process's own start.</summary>
    internal ulong? StartTimeMicroseconds { get; init; }

    /// <summary>Processor time used before this process's own start; by default what it had used then.</summary>
    internal ulong? StartTimeCpuMicroseconds { get; init; }

    /// <summary>Longest body of an API request.</summary>
    internal int MaxPayloadBytes { get; init; } = HttpLimits.DefaultMaxBodyBytes;

    /// <summary>A JSON file with the guest's metadata.</summary>
    internal string? MetadataFile { get; init; }

    /// <summary>Most bytes of metadata; by default as many as a body may have.</summary>
    internal int? MmdsSizeLimit { get; init; }

    /// <summary>No system call filters.</summary>
    internal bool NoSeccomp { get; init; }

    /// <summary>A directory with system call filters instead of the built-in ones.</summary>
    internal string? SeccompFilter { get; init; }

    /// <summary>Print the version and end.</summary>
    internal bool Version { get; init; }

    /// <summary>Print the usage and end.</summary>
    internal bool Help { get; init; }
}
