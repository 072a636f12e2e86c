namespace MicroVm.EdgeAgent.Doctor;

/// <content>KVM and the processor behind it.</content>
internal static partial class HostChecks
{
    private const int StableApiVersion = 12;

    private static IEnumerable<CheckResult> Virtualisation(HostFacts facts)
    {
        yield return Device(facts);
        if (facts.Kvm.Opening != KvmOpening.Opened)
        {
            yield break;
        }

        yield return Capabilities(facts.Kvm);
        yield return Hardware(facts);
        if (facts.Architecture == "aarch64")
        {
            yield return InterruptController(facts.Kvm);
        }
    }

    private static CheckResult Device(HostFacts facts)
    {
        const string name = "kvm", expected = "/dev/kvm that this user may read and write";
        return facts.Kvm.Opening switch
        {
            KvmOpening.Opened => CheckResult.Ok(name, "/dev/kvm, opened", expected),
            KvmOpening.Missing => CheckResult.Fail(name, "no /dev/kvm", expected, WhyNoDevice(facts)),
            KvmOpening.NoPermission => CheckResult.Fail(
                name, $"/dev/kvm that uid {facts.UserId} may not open ({facts.Kvm.Detail})", expected,
                "run the agent as root, or give the user the group of /dev/kvm; in a container, pass the device into it"),
            _ => CheckResult.Fail(name, $"/dev/kvm that does not open ({facts.Kvm.Detail})", expected, "see the kernel's log"),
        };
    }

    private static string WhyNoDevice(HostFacts facts) => facts.Architecture switch
    {
        "aarch64" => "use a kernel with CONFIG_KVM and firmware that starts it at EL2 (its log says 'HYP mode not available' otherwise)",
        _ when facts.Cpu.Virtualisation is "vmx" => "modprobe kvm_intel",
        _ when facts.Cpu.Virtualisation is "svm" => "modprobe kvm_amd",
        _ when facts.Cpu.IsVirtual => "this host is a virtual machine without nested virtualisation: switch that on in its hypervisor",
        _ => "switch virtualisation (VT-x, SVM) on in the firmware; a processor without it runs no VMs",
    };

    private static CheckResult Capabilities(KvmFacts kvm)
    {
        const string name = "kvm-features";
        string expected = $"KVM's API {StableApiVersion} with all that a VMM needs";
        return kvm.ApiVersion != StableApiVersion
            ? CheckResult.Fail(name, $"API {kvm.ApiVersion}", expected, "use a kernel from kernel.org's tree or a distribution's")
            : kvm.MissingCapabilities.Count != 0
                ? CheckResult.Fail(name, $"no {string.Join(", ", kvm.MissingCapabilities)}", expected, "install a newer kernel")
                : CheckResult.Ok(name, $"API {kvm.ApiVersion}, nothing missing", expected);
    }

    /// <summary>
    /// Two signs are asked: the processor's flag, and a guest with an instruction that emulators of KVM lack. A KVM without hardware opens,
    /// makes VMs and runs small guests, so that nothing else tells it before a stock kernel dies.
    /// </summary>
    private static CheckResult Hardware(HostFacts facts)
    {
        const string name = "virtualisation", expected = "virtualisation by the processor (VT-x, SVM, or EL2 on aarch64)";
        const string emulated = "use a machine whose processor has it; a cloud machine needs nested virtualisation switched on";
        string where = facts.Cpu.IsVirtual ? "nested: this host is a virtual machine" : "the processor's";
        return (facts.Kvm.Trial, facts.Cpu.Virtualisation) switch
        {
            (GuestTrial.NotTried, _) when facts.Architecture == "aarch64" => CheckResult.Ok(name, "EL2, without which there is no KVM", expected),
            (GuestTrial.Ran, string flag) => CheckResult.Ok(name, $"{flag}, {where}", expected),
            (GuestTrial.Ran, null) => CheckResult.Warn(
                name, "a guest that ran, on a processor that shows neither vmx nor svm", expected,
                "KVM here is of an unusual kind: try a workload before relying on it"),
            (GuestTrial.Emulated, _) => CheckResult.Fail(
                name, $"KVM without hardware virtualisation behind it: it emulates, and stock Linux guests do not boot ({facts.Kvm.TrialDetail})",
                expected, emulated),
            (GuestTrial.NoAnswer, _) => CheckResult.Fail(
                name, $"a guest of two instructions that hangs ({facts.Kvm.TrialDetail})", expected, "see the kernel's log"),
            (_, null) => CheckResult.Fail(
                name, $"a processor that shows neither vmx nor svm, and a guest that did not run ({facts.Kvm.TrialDetail})", expected, emulated),
            _ => CheckResult.Fail(name, $"a guest of two instructions that did not run ({facts.Kvm.TrialDetail})", expected, "see the kernel's log"),
        };
    }

    private static CheckResult InterruptController(KvmFacts kvm)
    {
        const string name = "gic", expected = "GICv3 or GICv2 for guests";
        return kvm.GicVersions.Count == 0
            ? CheckResult.Fail(name, "neither", expected, "use a board whose interrupt controller has virtualisation (GICv2 with GICH and GICV, or GICv3)")
            : CheckResult.Ok(name, string.Join(" and ", kvm.GicVersions.Select(static version => $"GICv{version}")), expected);
    }
}
