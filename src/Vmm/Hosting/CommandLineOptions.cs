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

    /// <summary>Print the version and end.</summary>
    internal bool Version { get; init; }

    /// <summary>Print the usage and end.</summary>
    internal bool Help { get; init; }
}
