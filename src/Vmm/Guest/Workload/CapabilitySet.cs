namespace MicroVm.Vmm.Guest.Workload;

/// <summary>Capabilities, capabilities(7), as bits by their numbers in <c>&lt;linux/capability.h&gt;</c>.</summary>
internal static class CapabilitySet
{
    /// <summary>How many there are; a kernel may know fewer.</summary>
    internal const int Count = 41;

    /// <summary>Every one.</summary>
    internal const ulong All = (1UL << Count) - 1;

    private const string Prefix = "CAP_";
    private const string Every = "ALL";

    /// <summary>Names without their prefix, by number.</summary>
    internal static IReadOnlyList<string> Names { get; } =
    [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE",
        "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT",
        "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE",
        "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ",
        "PERFMON", "BPF", "CHECKPOINT_RESTORE",
    ];

    /// <summary>OCI's default set, as container engines give it to a root process.</summary>
    internal static ulong Default { get; } = Bits(
        "CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP", "NET_BIND_SERVICE",
        "SYS_CHROOT", "KILL", "AUDIT_WRITE");

    /// <summary>
    /// What a process may have: with <c>ALL</c> added everything but what is dropped, with <c>ALL</c> dropped what is added, else the default
    /// set without what is dropped and with what is added.
    /// </summary>
    /// <exception cref="WorkloadException">A name is none.</exception>
    internal static ulong From(IReadOnlyList<string> add, IReadOnlyList<string> drop)
    {
        ulong added = Parse(add), dropped = Parse(drop);
        return added == All ? All & ~(dropped == All ? 0 : dropped)
            : dropped == All ? added
            : (Default & ~dropped) | added;
    }

    private static ulong Parse(IReadOnlyList<string> names)
    {
        ulong bits = 0;
        foreach (string name in names)
        {
            bits |= name == Every ? All : Bit(name);
        }

        return bits;
    }

    private static ulong Bit(string name)
    {
        string bare = name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name;
        for (int i = 0; i < Names.Count; i++)
        {
            if (Names[i] == bare)
            {
                return 1UL << i;
            }
        }

        throw new WorkloadException(WorkloadException.NotStarted, $"capability '{name}': expected a name such as CAP_NET_ADMIN, or ALL, found another");
    }

    private static ulong Bits(params ReadOnlySpan<string> names)
    {
        ulong bits = 0;
        foreach (string name in names)
        {
            bits |= Bit(name);
        }

        return bits;
    }
}
