using MicroVm.Vmm.Arch.Arm64.CpuTemplates;
using MicroVm.Vmm.Arch.CpuTemplates;
using MicroVm.Vmm.Boot.Loaders;
using MicroVm.Vmm.Bus;
using MicroVm.Vmm.Devices.Legacy;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.Interop.Kvm;
using MicroVm.Vmm.Interop.Kvm.Arm64;
using MicroVm.Vmm.Kvm;
using MicroVm.Vmm.Machine;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Arch.Arm64;

/// <summary>64-bit Arm: GIC, timers and PSCI in the kernel, devices in memory, described by a device tree.</summary>
internal sealed class Arm64Platform : IPlatform
{
    /// <summary>A GICv2 names processors by the bits of a byte.</summary>
    private const int MostVcpusWithGicV2 = 8;

    /// <summary>What KVM_CREATE_VM gives without being asked: 2^40 bytes of address space.</summary>
    private const int DefaultAddressBits = 40;

    private KvmVm? _vm;
    private KvmGic? _gic;

    public ReadOnlySpan<KvmCapability> RequiredCapabilities =>
    [
        KvmCapability.UserMemory, KvmCapability.OneReg, KvmCapability.Ioeventfd, KvmCapability.DeviceControl, KvmCapability.ArmPsci02,
        KvmCapability.ImmediateExit,
    ];

    /// <summary>A device tree, and as much again for the kernel.</summary>
    public int LeastMemoryMib => 4;

    public VirtioPlaces VirtioPlaces =>
        new(AddressMap.VirtioWindows, AddressMap.VirtioWindowSize, AddressMap.FirstVirtioInterrupt, AddressMap.MaxVirtioDevices);

    public GuestAddress BootTimer => new(AddressMap.BootTimer);

    public GuestRegion[] MemoryRegions(int sizeMib) => [new GuestRegion(new GuestAddress(AddressMap.Ram), (ulong)sizeMib << 20, 0)];

    /// <summary>Zero, or the number of address bits where the host's processor has fewer than KVM gives by default (KVM_VM_TYPE_ARM_IPA_SIZE).</summary>
    public nuint VmType(KvmSystem kvm)
    {
        int bits = kvm.CheckExtension(KvmCapability.ArmVmIpaSize);
        return bits is > 0 and < DefaultAddressBits ? (nuint)bits : 0;
    }

    public LoadedKernel LoadKernel(BootFile file, GuestMemory memory) => ImageLoader.Load(file, memory);

    public void AddInterruptController(KvmVm vm, IoBus memory, int vcpuCount, OwnedResources resources)
    {
        _vm = vm;
        _gic = resources.Own(vm.CreateGic());
        if (_gic.Version == GicVersion.V2 && vcpuCount > MostVcpusWithGicV2)
        {
            throw new VmmFaultException(
                ExitCode.BadConfiguration, $"vcpu_count: expected 1 to {MostVcpusWithGicV2} on this host, which has only a GICv2, found {vcpuCount}");
        }
    }

    public IInterruptLine InterruptLine(uint number) => _vm!.SharedInterrupt(number);

    public LegacyDevices AddLegacyDevices(LegacySlots slots, IoBus ports, IoBus memory)
    {
        Serial16550 serial = slots.AddSerial(memory, AddressMap.Serial, InterruptLine(AddressMap.SerialInterrupt));
        memory.Add(AddressMap.Clock, AddressMap.PeripheralSize, new Pl031Clock(TimeProvider.System));
        Pl061PowerButton button = new(InterruptLine(AddressMap.PowerButtonInterrupt));
        memory.Add(AddressMap.PowerButton, AddressMap.PeripheralSize, button);
        PvpanicDevice pvpanic = slots.AddCrashNotice(memory, AddressMap.Pvpanic, AddressMap.PvpanicSize);
        return new LegacyDevices(serial, null, pvpanic, new PowerButton(button.Press));
    }

    public void PrepareVcpus(KvmSystem kvm, KvmVm vm, KvmVcpu[] vcpus, BootContents contents)
    {
        _ = vm.TryTakeAccessesWithoutSyndrome();
        CpuTemplate? template = contents.Machine.CpuTemplate;
        KvmVcpuInit first = vm.PreferredTarget();
        template?.ApplyTo(ref first);
        KvmVcpuInit waiting = first;
        waiting.Features |= KvmVcpuInit.FeaturePowerOff;
        for (int i = 0; i < vcpus.Length; i++)
        {
            vcpus[i].Initialise(i == 0 ? first : waiting);
            template?.ApplyTo(vcpus[i]);
        }

        BootRegisters.Apply(vcpus[0], contents);
        _gic!.Initialise(AddressMap.InterruptCount);
    }

    public void WriteTables(BootContents contents, KvmVcpu[] vcpus)
    {
        ulong[] affinities = new ulong[vcpus.Length];
        for (int i = 0; i < affinities.Length; i++)
        {
            affinities[i] = vcpus[i].GetRegister(KvmRegister.MultiprocessorAffinity);
        }

        byte[] tree = DeviceTree.Build(contents, _gic!.Version, affinities, BootEntropy.Draw());
        BootMemory.Write(contents.Memory, AddressMap.DeviceTree(contents.Memory.SizeBytes), tree);
    }
}
