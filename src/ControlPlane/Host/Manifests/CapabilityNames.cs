using System.Collections.Immutable;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>Capabilities of Linux (capabilities(7), include/uapi/linux/capability.h).</summary>
internal static class CapabilityNames
{
    private const string Prefix = "CAP_", Every = "ALL";

    /// <summary>All of them with their prefix, and <c>ALL</c>.</summary>
    internal static ImmutableArray<string> All { get; } =
    [
        Every,
        .. ((string[])[
            "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE",
            "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT",
            "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE",
            "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ",
            "PERFMON", "BPF", "CHECKPOINT_RESTORE",
        ]).Select(static name => Prefix + name),
    ];

    /// <summary>A capability as the agent takes it, from a name with or without its prefix; null when there is none of that name.</summary>
    internal static string? Parse(string text)
    {
        string name = text == Every || text.StartsWith(Prefix, StringComparison.Ordinal) ? text : Prefix + text;
        return All.Contains(name) ? name : null;
    }
}
