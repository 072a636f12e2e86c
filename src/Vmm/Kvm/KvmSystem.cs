using MicroVm.Vmm.Arch.CpuTemplates;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Interop.Kvm;
using MicroVm.Vmm.Interop.Kvm.X64;
using MicroVm.Vmm.Interop.Linux;

namespace MicroVm.Vmm.Kvm;

/// <summary>An open /dev/kvm whose API version and capabilities have been checked.</summary>
internal sealed unsafe class KvmSystem : IDisposable
{
    private const string DevicePath = "/dev/kvm";
    private const int StableApiVersion = 12;
    private const int OpenReadWriteCloseOnExec = 0x2 | 0x80000;
    private const int MaxCpuidEntries = 256;

    private readonly int _fd;

    /// <param name="required">What it must be able to do.</param>
    /// <param name="modifiers">What of that the operator gives up, and what is wanted as well.</param>
    /// <exception cref="VmmFaultException">/dev/kvm cannot be opened, or lacks something.</exception>
    internal KvmSystem(ReadOnlySpan<KvmCapability> required, IReadOnlyList<CapabilityModifier>? modifiers = null)
    {
        _fd = Libc.open(DevicePath, OpenReadWriteCloseOnExec, 0);
        if (_fd < 0)
        {
            OsFaultException cause = OsFaultException.FromLastError("open", DevicePath);
            throw new VmmFaultException(ExitCode.KvmUnavailable, cause.Message, cause);
        }

        CheckApi(required, modifiers ?? []);
        VcpuMappingSize = KvmCall.Invoke(_fd, KvmIoctl.GetVcpuMmapSize, 0, "KVM_GET_VCPU_MMAP_SIZE");
    }

    /// <summary>Size in bytes of a vCPU's mapping.</summary>
    internal int VcpuMappingSize { get; }

    /// <summary>Most vCPUs one VM may have on this host.</summary>
    internal int MaxVcpus => Math.Max(CheckExtension(KvmCapability.MaxVcpus), CheckExtension(KvmCapability.NrVcpus));

    /// <summary>The value of KVM_CHECK_EXTENSION; zero means absent.</summary>
    internal int CheckExtension(KvmCapability capability) =>
        KvmCall.Invoke(_fd, KvmIoctl.CheckExtension, (nuint)capability, "KVM_CHECK_EXTENSION");

    /// <summary>Creates an empty VM of the type that the platform names.</summary>
    internal KvmVm CreateVm(nuint type) =>
        new(KvmCall.Invoke(_fd, KvmIoctl.CreateVm, type, "KVM_CREATE_VM"), VcpuMappingSize, CheckExtension(KvmCapability.CoalescedMmio));

    /// <summary>The CPUID leaves KVM can give a guest on this host.</summary>
    internal KvmCpuidEntry2[] SupportedCpuid()
    {
        const int headerWords = 2;
        int entryWords = sizeof(KvmCpuidEntry2) / sizeof(uint);
        uint[] buffer = new uint[headerWords + (MaxCpuidEntries * entryWords)];
        buffer[0] = MaxCpuidEntries;
        // SAFETY: struct kvm_cpuid2 is a count and padding followed by as many entries as the count says; the buffer holds them.
        fixed (uint* cpuid = buffer)
        {
            KvmCall.Invoke(_fd, KvmIoctl.GetSupportedCpuid, cpuid, "KVM_GET_SUPPORTED_CPUID");
            int count = (int)Math.Min(cpuid[0], MaxCpuidEntries);
            return new ReadOnlySpan<KvmCpuidEntry2>(cpuid + headerWords, count).ToArray();
        }
    }

    public void Dispose() => _ = Libc.close(_fd);

    private void CheckApi(ReadOnlySpan<KvmCapability> required, IReadOnlyList<CapabilityModifier> modifiers)
    {
        int version = KvmCall.Invoke(_fd, KvmIoctl.GetApiVersion, 0, "KVM_GET_API_VERSION");
        if (version != StableApiVersion)
        {
            throw new VmmFaultException(ExitCode.KvmTooOld, $"{DevicePath}: KVM_GET_API_VERSION must be {StableApiVersion}, found {version}");
        }

        foreach (KvmCapability capability in required)
        {
            if (!IsDropped(capability, modifiers))
            {
                Require(capability);
            }
        }

        foreach (CapabilityModifier modifier in modifiers)
        {
            if (modifier.IsRequired)
            {
                Require((KvmCapability)modifier.Number);
            }
        }
    }

    private static bool IsDropped(KvmCapability capability, IReadOnlyList<CapabilityModifier> modifiers)
    {
        foreach (CapabilityModifier modifier in modifiers)
        {
            if (!modifier.IsRequired && modifier.Number == (uint)capability)
            {
                return true;
            }
        }

        return false;
    }

    private void Require(KvmCapability capability)
    {
        if (CheckExtension(capability) <= 0)
        {
            throw new VmmFaultException(ExitCode.KvmTooOld, $"{DevicePath}: capability {(uint)capability} ({Name(capability)}) is missing");
        }
    }

    // A switch instead of ToString: an enum's names come from reflection data, which costs resident memory.
    private static string Name(KvmCapability capability) => capability switch
    {
        KvmCapability.UserMemory => "KVM_CAP_USER_MEMORY",
        KvmCapability.SetTssAddress => "KVM_CAP_SET_TSS_ADDR",
        KvmCapability.ExtCpuid => "KVM_CAP_EXT_CPUID",
        KvmCapability.SignalMsi => "KVM_CAP_SIGNAL_MSI",
        KvmCapability.SplitIrqchip => "KVM_CAP_SPLIT_IRQCHIP",
        KvmCapability.TscDeadlineTimer => "KVM_CAP_TSC_DEADLINE_TIMER",
        KvmCapability.Ioeventfd => "KVM_CAP_IOEVENTFD",
        KvmCapability.SetIdentityMapAddress => "KVM_CAP_SET_IDENTITY_MAP_ADDR",
        KvmCapability.ImmediateExit => "KVM_CAP_IMMEDIATE_EXIT",
        KvmCapability.OneReg => "KVM_CAP_ONE_REG",
        KvmCapability.DeviceControl => "KVM_CAP_DEVICE_CTRL",
        KvmCapability.ArmPsci02 => "KVM_CAP_ARM_PSCI_0_2",
        _ => "of the CPU template",
    };
}
