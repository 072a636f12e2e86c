using System.Runtime.InteropServices;
using MicroVm.Vmm.Arch.Arm64;
using MicroVm.Vmm.Arch.X64;
using MicroVm.Vmm.Boot.Loaders;
using MicroVm.Vmm.Bus;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Interop.Kvm;
using MicroVm.Vmm.Kvm;
using MicroVm.Vmm.Machine;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Arch;

/// <summary>
/// What processor architectures do differently when a machine is put together; one object per machine. Both are compiled into every
/// build, and the one of the running process is chosen at the start. Members are called in the order in which they stand here.
/// </summary>
internal interface IPlatform
{
    /// <summary>What KVM must be able to do.</summary>
    ReadOnlySpan<KvmCapability> RequiredCapabilities { get; }

    /// <summary>Least RAM in MiB: what the address map needs, and a first bit for the kernel.</summary>
    int LeastMemoryMib { get; }

    /// <summary>Where virtio devices are.</summary>
    VirtioPlaces VirtioPlaces { get; }

    /// <summary>Where the boot timer's byte is.</summary>
    GuestAddress BootTimer { get; }

    /// <summary>The platform that this process can run guests of.</summary>
    static IPlatform OfThisProcess() =>
        RuntimeInformation.ProcessArchitecture == Architecture.X64 ? new X64Platform() : new Arm64Platform();

    /// <summary>Where RAM of this size lies, in address order.</summary>
    GuestRegion[] MemoryRegions(int sizeMib);

    /// <summary>The argument of KVM_CREATE_VM.</summary>
    nuint VmType(KvmSystem kvm);

    /// <summary>Loads a kernel in one of the formats that the architecture has.</summary>
    /// <exception cref="VmmFaultException">The file is unreadable, no kernel, of another architecture, truncated or too large.</exception>
    LoadedKernel LoadKernel(BootFile file, GuestMemory memory);

    /// <summary>Gives the VM its interrupt controller, before it has vCPUs.</summary>
    /// <exception cref="VmmFaultException">KVM refuses, or the controller serves fewer vCPUs.</exception>
    void AddInterruptController(KvmVm vm, IoBus memory, int vcpuCount, OwnedResources resources);

    /// <summary>One line of the interrupt controller.</summary>
    IInterruptLine InterruptLine(uint number);

    /// <summary>Puts the devices at fixed places on their buses.</summary>
    LegacyDevices AddLegacyDevices(LegacySlots slots, IoBus ports, IoBus memory);

    /// <summary>Brings the VM's vCPUs, all of them, into the state in which the first enters the kernel and the others wait for it.</summary>
    /// <exception cref="VmmFaultException">KVM refuses, or the operator's CPU template does not fit this host.</exception>
    void PrepareVcpus(KvmSystem kvm, KvmVm vm, KvmVcpu[] vcpus, BootContents contents);

    /// <summary>Writes what describes the machine to the kernel, and its command line, into guest memory.</summary>
    /// <exception cref="VmmFaultException">The command line is longer than the kernel or its place takes.</exception>
    void WriteTables(BootContents contents, KvmVcpu[] vcpus);
}
