using MicroVm.Vmm.Arch.CpuTemplates;
using MicroVm.Vmm.Arch.X64.Acpi;
using MicroVm.Vmm.Arch.X64.CpuTemplates;
using MicroVm.Vmm.Boot.Loaders;
using MicroVm.Vmm.Bus;
using MicroVm.Vmm.Devices.Legacy;
using MicroVm.Vmm.Interop.Kvm;
using MicroVm.Vmm.Interop.Kvm.X64;
using MicroVm.Vmm.Kvm;
using MicroVm.Vmm.Machine;
using MicroVm.Vmm.Memory;

namespace MicroVm.Vmm.Arch.X64;

/// <summary>x86_64: local APICs in the kernel and an I/O APIC here, devices at ports, described by ACPI tables.</summary>
internal sealed class X64Platform : IPlatform
{
    private KvmInterruptLines? _lines;

    public ReadOnlySpan<KvmCapability> RequiredCapabilities =>
    [
        KvmCapability.UserMemory, KvmCapability.SetTssAddress, KvmCapability.ExtCpuid, KvmCapability.SignalMsi,
        KvmCapability.SplitIrqchip, KvmCapability.TscDeadlineTimer, KvmCapability.Ioeventfd, KvmCapability.SetIdentityMapAddress, KvmCapability.ImmediateExit,
    ];

    public int LeastMemoryMib => 2;

    public VirtioPlaces VirtioPlaces =>
        new(AddressMap.VirtioWindows, AddressMap.VirtioWindowSize, AddressMap.FirstVirtioGsi, AddressMap.MaxVirtioDevices);

    public GuestAddress BootTimer => new(AddressMap.BootTimer);

    public GuestRegion[] MemoryRegions(int sizeMib) => MemoryLayout.Regions(sizeMib);

    public nuint VmType(KvmSystem kvm) => 0;

    public LoadedKernel LoadKernel(BootFile file, GuestMemory memory) => KernelLoader.Load(file, memory);

    public void AddInterruptController(KvmVm vm, IoBus memory, int vcpuCount, OwnedResources resources)
    {
        vm.SetReservedPages(new GuestAddress(AddressMap.KvmTss), new GuestAddress(AddressMap.KvmIdentityMap));
        _lines = vm.SplitInterruptChip(IoApic.PinCount);
        memory.Add(AddressMap.IoApic, AddressMap.IoApicSize, new IoApic(_lines));
    }

    public IInterruptLine InterruptLine(uint number) => _lines!.Line(number);

    public LegacyDevices AddLegacyDevices(LegacySlots slots, IoBus ports, IoBus memory)
    {
        Serial16550 serial = slots.AddSerial(ports, AddressMap.SerialPort, InterruptLine(AddressMap.SerialGsi));
        KeyboardController keyboard = slots.AddKeyboard(
            ports, AddressMap.KeyboardPort, AddressMap.KeyboardPortCount, InterruptLine(AddressMap.KeyboardGsi));
        slots.AddAcpiPower(ports, AddressMap.AcpiPowerPort, AddressMap.AcpiPowerPortCount);
        PvpanicDevice pvpanic = slots.AddCrashNotice(ports, AddressMap.PvpanicPort, AddressMap.PvpanicPortCount);
        return new LegacyDevices(serial, keyboard, pvpanic, new PowerButton(InterruptLine(AddressMap.PowerButtonGsi).Trigger));
    }

    public void PrepareVcpus(KvmSystem kvm, KvmVm vm, KvmVcpu[] vcpus, BootContents contents)
    {
        KvmCpuidEntry2[] supported = kvm.SupportedCpuid();
        CpuTemplate? template = contents.Machine.CpuTemplate;
        template?.ApplyTo(supported);
        bool tscDeadline = kvm.CheckExtension(KvmCapability.TscDeadlineTimer) > 0;
        for (int i = 0; i < vcpus.Length; i++)
        {
            vcpus[i].SetCpuid(CpuidTable.For(supported, i, vcpus.Length, tscDeadline));
            template?.ApplyTo(vcpus[i]);
            BootRegisters.ApplyMsrs(vcpus[i]);
        }

        BootRegisters.Apply(vcpus[0], contents.Memory, contents.Kernel);
    }

    public void WriteTables(BootContents contents, KvmVcpu[] vcpus)
    {
        GuestMemory memory = contents.Memory;
        CommandLineWriter.Write(contents.Arguments, contents.Kernel, memory);
        AcpiTables.Write(memory, vcpus.Length, contents.VirtioCount);
        ResetVector.Write(memory);
        MultiprocessorPointer.Write(memory);
        E820Entry[] map = E820Map.Build(memory.Regions);
        if (contents.Kernel.Protocol == BootProtocol.Pvh)
        {
            PvhStartInfo.Write(memory, contents.Payload, map);
        }
        else
        {
            ZeroPage.Write(memory, contents.Kernel, contents.Payload, map);
        }
    }
}
