namespace MicroVm.EdgeAgent.Doctor;

/// <summary>Judges what was seen of a host. Pure: the same facts give the same results.</summary>
internal static partial class HostChecks
{
    private static readonly Version s_oldestKernel = new(5, 4), s_wantedKernel = new(5, 11);

    /// <summary>Every check, in the order in which an engineer would look.</summary>
    internal static IReadOnlyList<CheckResult> Judge(HostFacts facts) =>
    [
        Processor(facts), Kernel(facts), PageSize(facts), User(facts),
        .. Virtualisation(facts),
        .. facts.Files.Select(ProgramFileResult),
        .. Features(facts), .. ProgramResults(facts), Cgroups(facts), Pressure(facts),
        Memory(facts), Disk(facts), Clock(facts), Entropy(facts),
    ];

    /// <summary>The worst of them; <see cref="CheckStatus.Ok"/> for none.</summary>
    internal static CheckStatus Worst(IEnumerable<CheckResult> results) => results.Select(static result => result.Status).DefaultIfEmpty().Max();

    /// <summary>The numbers at the start of a kernel's release, such as 6.1 of 6.1.0-30-arm64; null when there are none.</summary>
    internal static Version? ParseRelease(string release)
    {
        string[] parts = release.Split('.', '-', '+');
        return parts.Length >= 2 && int.TryParse(parts[0], out int major) && int.TryParse(parts[1], out int minor)
            ? new Version(major, minor)
            : null;
    }

    private static CheckResult Processor(HostFacts facts)
    {
        const string expected = "x86_64 or aarch64";
        return facts.Architecture is "x86_64" or "aarch64"
            ? CheckResult.Ok("architecture", facts.Architecture, expected)
            : CheckResult.Fail("architecture", facts.Architecture, expected, "use a host with such a processor and a 64-bit system");
    }

    private static CheckResult Kernel(HostFacts facts)
    {
        string expected = $"Linux {s_oldestKernel} or later, better {s_wantedKernel}";
        return ParseRelease(facts.KernelRelease) is not Version found || found < s_oldestKernel
            ? CheckResult.Fail("kernel", $"Linux {facts.KernelRelease}", expected, "install a newer kernel")
            : found < s_wantedKernel
                ? CheckResult.Warn(
                    "kernel", $"Linux {facts.KernelRelease}", expected, "VMs run, with system call filters that cost a little more; install a newer kernel")
                : CheckResult.Ok("kernel", $"Linux {facts.KernelRelease}", expected);
    }

    private static CheckResult PageSize(HostFacts facts)
    {
        const string expected = "4 KiB, or 16 or 64 KiB on aarch64";
        string found = $"{facts.PageSizeBytes >> 10} KiB";
        return (facts.PageSizeBytes, facts.Architecture) switch
        {
            (4096, _) => CheckResult.Ok("page-size", found, expected),
            (16384 or 65536, "aarch64") => CheckResult.Warn(
                "page-size", found, expected,
                $"VMs run, but a balloon gives memory back in pieces of {found} only; a kernel with pages of 4 KiB makes VMs smaller"),
            _ => CheckResult.Fail("page-size", found, expected, "boot a kernel with pages of 4 KiB"),
        };
    }

    private static CheckResult User(HostFacts facts) => facts.UserId == 0
        ? CheckResult.Ok("user", "uid 0", "uid 0, as the agent has")
        : CheckResult.Warn("user", $"uid {facts.UserId}", "uid 0, as the agent has", "run this as root to see what the agent sees");

    private static CheckResult ProgramFileResult(ProgramFile file)
    {
        const string expected = "the file of this release";
        return file.Fault is null
            ? CheckResult.Ok(file.Role, file.Path, expected)
            : CheckResult.Fail(file.Role, $"{file.Fault} at {file.Path}", expected, "install it there, or name its place in the agent's configuration");
    }
}
