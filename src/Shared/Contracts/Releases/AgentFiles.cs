namespace MicroVm.Shared.Contracts.Releases;

/// <summary>
/// What is in an agent release: a gzip-compressed tar of regular files at its top, each of them one of these names. What
/// is optional and not in it is taken from the package that the device was set up with.
/// </summary>
public static class AgentFiles
{
    /// <summary>The agent.</summary>
    public const string Agent = "microvm-agent";

    /// <summary>Its SQLite.</summary>
    public const string Sqlite = "libe_sqlite3.so";

    /// <summary>The VMM.</summary>
    public const string Vmm = "microvm-vmm";

    /// <summary>The guests' initramfs with <c>microvm-init</c>.</summary>
    public const string Initramfs = "initramfs.cpio";

    /// <summary>The guests' kernel; optional.</summary>
    public const string Kernel = "vmlinuz";

    /// <summary>Most bytes of an artifact.</summary>
    public const long MaxArtifactBytes = 128 << 20;

    /// <summary>Most bytes of all its files together.</summary>
    public const long MaxUnpackedBytes = 512 << 20;

    /// <summary>Every name.</summary>
    public static IReadOnlyList<string> Names { get; } = [Agent, Sqlite, Vmm, Initramfs, Kernel];

    /// <summary>Those that no release is without.</summary>
    public static IReadOnlyList<string> Required { get; } = [Agent, Sqlite, Vmm, Initramfs];

    /// <summary>Whether a file is a program.</summary>
    public static bool IsProgram(string name) => name is Agent or Vmm;
}
