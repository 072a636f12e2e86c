namespace MicroVm.EdgeAgent.Doctor;

/// <content>Parts of the kernel. What VMs can do without is a warning.</content>
internal static partial class HostChecks
{
    private static readonly string[] s_controllers = ["cpu", "memory", "pids"];

    private static IEnumerable<CheckResult> Features(HostFacts facts)
    {
        const string expected = "in the kernel, or a module of it";
        yield return State(facts, KernelFeature.IoUring) switch
        {
            FeatureState.Present => CheckResult.Ok("io_uring", "there", "io_uring, allowed"),
            FeatureState.Forbidden => CheckResult.Warn(
                "io_uring", "forbidden", "io_uring, allowed", "disks are served by a thread each; sysctl kernel.io_uring_disabled=0 allows it"),
            _ => CheckResult.Warn("io_uring", "missing", "io_uring, allowed", "disks are served by a thread each; Linux 5.5 or later has it"),
        };
        yield return State(facts, KernelFeature.Seccomp) == FeatureState.Present
            ? CheckResult.Ok("seccomp", "there", "seccomp with kill_process")
            : CheckResult.Fail("seccomp", "missing", "seccomp with kill_process", "use a kernel with CONFIG_SECCOMP_FILTER: VMMs do not start without");
        yield return Module(facts, KernelFeature.Tun, "tun", expected, "VMs with a network do not start without");
        yield return Module(facts, KernelFeature.Nftables, "nftables", expected, "networks of VMs need it");
        yield return Module(facts, KernelFeature.Bridge, "bridge", expected, "VMs with a network do not start without");
        yield return Module(
            facts, KernelFeature.RuleExpressions, "nftables-expressions", expected,
            "rules of VM networks need nft_chain_nat, nft_ct, nft_fib_inet, nft_masq, nft_meta_bridge, nft_nat and nft_reject_inet");
        yield return Module(facts, KernelFeature.Squashfs, "squashfs", expected, "VMs do not need it (their kernel has its own); an image cannot be mounted here to look at it");
        yield return Module(facts, KernelFeature.Overlay, "overlay", expected, "VMs do not need it (their kernel has its own)");
    }

    /// <summary>Programs that are run, each with the package that it comes from.</summary>
    private static IEnumerable<CheckResult> ProgramResults(HostFacts facts) => facts.Programs.Select(static program =>
    {
        (string purpose, string package) = program.Key switch
        {
            "nft" => ("networks of VMs", "nftables"),
            "tar" => ("updates of the agent", "tar"),
            _ => ("volumes", "e2fsprogs"),
        };
        string expected = $"{program.Key}, for {purpose}";
        return program.Value is string path
            ? CheckResult.Ok(program.Key, path, expected)
            : CheckResult.Warn(program.Key, "none", expected, $"install the package {package}");
    });

    private static FeatureState State(HostFacts facts, KernelFeature feature) => facts.Features.GetValueOrDefault(feature, FeatureState.Missing);

    private static CheckResult Module(HostFacts facts, KernelFeature feature, string name, string expected, string advice) => State(facts, feature) switch
    {
        FeatureState.Present => CheckResult.Ok(name, "there", expected),
        FeatureState.Loadable => CheckResult.Ok(name, "a module that is not loaded", expected),
        _ => CheckResult.Warn(name, "missing", expected, advice),
    };

    private static CheckResult Pressure(HostFacts facts)
    {
        const string name = "memory-pressure", expected = "/proc/pressure/memory, by which memory moves between VMs";
        return facts.HasPressure
            ? CheckResult.Ok(name, "there", expected)
            : CheckResult.Warn(name, "none", expected, "memory moves by what is available alone; boot with psi=1, or use a kernel with CONFIG_PSI");
    }

    private static CheckResult Cgroups(HostFacts facts)
    {
        const string name = "cgroup-v2";
        string expected = $"cgroup v2 with {string.Join(", ", s_controllers)}";
        string[] legacy = [.. s_controllers.Intersect(facts.LegacyControllers)];
        if (facts.CgroupControllers?.Contains("memory") != true && legacy.Contains("memory"))
        {
            return legacy.Length == s_controllers.Length
                ? CheckResult.Ok(name, $"none, and v1 with {string.Join(", ", legacy)}, which limits VMs as well", expected)
                : CheckResult.Warn(name, $"none, and v1 with {string.Join(", ", legacy)} alone", expected, "VMs are limited by what is there; boot with systemd.unified_cgroup_hierarchy=1");
        }

        if (facts.CgroupControllers is not IReadOnlyList<string> found)
        {
            return CheckResult.Warn(name, "none mounted", expected, "VMs cannot be limited; boot with systemd.unified_cgroup_hierarchy=1, or mount it");
        }

        if (found.Count == 0)
        {
            return CheckResult.Warn(
                name, "a hierarchy without controllers", expected, "VMs cannot be limited: mount the controllers, or boot with systemd.unified_cgroup_hierarchy=1");
        }

        string[] missing = [.. s_controllers.Except(found)];
        return missing.Length == 0
            ? CheckResult.Ok(name, string.Join(' ', found), expected)
            : CheckResult.Warn(
                name, $"no {string.Join(", ", missing)}", expected,
                missing.Contains("memory")
                    ? "VMs cannot be limited; boards switch it on with cgroup_enable=memory on the kernel's command line"
                    : "VMs cannot be limited; use a kernel with these controllers");
    }
}
