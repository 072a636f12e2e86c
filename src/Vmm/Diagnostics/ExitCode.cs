namespace MicroVm.Vmm.Diagnostics;

/// <summary>How the process ends. The table with what to do about each is docs/exit-codes.md.</summary>
internal enum ExitCode
{
    /// <summary>The guest powered off or rebooted, or the VMM was asked to stop before a guest ran.</summary>
    Ok = 0,

    /// <summary>A defect of this program.</summary>
    InternalFault = 1,

    /// <summary>The command line is wrong.</summary>
    BadArguments = 2,

    /// <summary>The configuration is malformed or incomplete.</summary>
    BadConfiguration = 3,

    /// <summary>The kernel file is neither a bzImage nor an ELF executable this VMM can boot.</summary>
    NotAKernel = 10,

    /// <summary>The kernel file ends before what its own header promises.</summary>
    KernelTruncated = 11,

    /// <summary>The kernel does not fit into guest memory.</summary>
    KernelTooLarge = 12,

    /// <summary>The initrd does not fit into guest memory beside the kernel.</summary>
    InitrdTooLarge = 13,

    /// <summary>The kernel command line is longer than the kernel takes.</summary>
    CommandLineTooLong = 14,

    /// <summary>A file that the configuration names could not be opened or read.</summary>
    FileFault = 15,

    /// <summary>/dev/kvm could not be opened.</summary>
    KvmUnavailable = 20,

    /// <summary>/dev/kvm lacks something this VMM needs.</summary>
    KvmTooOld = 21,

    /// <summary>A KVM ioctl failed.</summary>
    KvmCallFailed = 22,

    /// <summary>Any other system call failed.</summary>
    HostCallFailed = 23,

    /// <summary>Guest memory could not be allocated.</summary>
    OutOfMemory = 24,

    /// <summary>KVM_EXIT_INTERNAL_ERROR: KVM could not go on with the guest.</summary>
    VcpuInternalError = 30,

    /// <summary>KVM_EXIT_FAIL_ENTRY: the processor refused the guest's state.</summary>
    VcpuFailEntry = 31,

    /// <summary>KVM_RUN came back for a reason this VMM does not handle.</summary>
    VcpuUnexpectedExit = 32,

    /// <summary>The guest reported a crash through pvpanic and ended after it, or reported one through KVM_EXIT_SYSTEM_EVENT.</summary>
    GuestCrashed = 33,

    /// <summary>SIGINT or a second SIGTERM ended the VM at once.</summary>
    Terminated = 40,
}
