namespace MicroVm.EdgeAgent.Doctor;

/// <content>Memory, disk, clock and entropy.</content>
internal static partial class HostChecks
{
    private const ulong Mib = 1 << 20;

    // A VM of the least memory and its VMM; two of the default size.
    private const ulong LeastMemory = 64 * Mib, WantedMemory = 256 * Mib;

    // Agent, kernel and what else is not a VM.
    private const ulong HostReserve = 192 * Mib;

    // The telemetry spool alone may take 32 MiB; an image of a distribution a few hundred.
    private const ulong LeastDisk = 64 * Mib, WantedDisk = 1024 * Mib;

    private static readonly DateTimeOffset s_past = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static CheckResult Memory(HostFacts facts)
    {
        const string name = "memory";
        string expected = $"{WantedMemory / Mib} MiB available, and room for all VMs of the desired state";
        if (facts.Memory is not { } memory)
        {
            return CheckResult.Warn(name, "no /proc/meminfo", expected, "mount /proc");
        }

        string found = $"{memory.AvailableBytes / Mib} MiB available of {memory.TotalBytes / Mib}";
        ulong room = memory.TotalBytes > HostReserve ? memory.TotalBytes - HostReserve : 0;
        return memory.AvailableBytes < LeastMemory ? CheckResult.Fail(name, found, expected, "end other programs, or add memory: not even one VM fits")
            : facts.WantedBytes > room ? CheckResult.Warn(
                name, $"{found}, and VMs that may grow to {facts.WantedBytes / Mib} MiB", expected, "give VMs less memory, or the device fewer of them")
            : memory.AvailableBytes < WantedMemory ? CheckResult.Warn(name, found, expected, "little is left for VMs")
            : CheckResult.Ok(name, found, expected);
    }

    private static CheckResult Disk(HostFacts facts)
    {
        const string name = "disk";
        string expected = $"{WantedDisk / Mib} MiB available for images, state and telemetry";
        if (facts.Disk is not { } disk)
        {
            return CheckResult.Fail(name, $"{facts.DataDirectory}, whose room the kernel does not tell", expected, "see the kernel's log");
        }

        string found = $"{disk.AvailableBytes / Mib} MiB available of {disk.TotalBytes / Mib} at {facts.DataDirectory}";
        return disk.AvailableBytes < LeastDisk ? CheckResult.Fail(name, found, expected, "make room there, or give dataDirectory another place")
            : disk.AvailableBytes < WantedDisk ? CheckResult.Warn(name, found, expected, "images may not fit: make room there")
            : CheckResult.Ok(name, found, expected);
    }

    private static CheckResult Clock(HostFacts facts)
    {
        const string name = "clock", expected = "a clock that something keeps right";
        string now = facts.Now.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", System.Globalization.CultureInfo.InvariantCulture);
        return facts.Now < s_past ? CheckResult.Warn(name, now, expected, "VMs run, but certificates and times in logs are judged wrongly; start a time service")
            : facts.IsClockSynchronised is false ? CheckResult.Warn(name, $"{now}, not synchronised", expected, "start a time service such as chrony or systemd-timesyncd")
            : CheckResult.Ok(name, now, expected);
    }

    private static CheckResult Entropy(HostFacts facts) => facts.HasEntropy
        ? CheckResult.Ok("entropy", "random numbers without a wait", "an initialised generator")
        : CheckResult.Warn("entropy", "a generator that is not initialised yet", "an initialised generator", "connections wait for it; add a hardware generator or rngd");
}
