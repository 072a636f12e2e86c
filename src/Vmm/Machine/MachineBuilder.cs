using MicroVm.Vmm.Arch.X64;
using MicroVm.Vmm.Arch.X64.Acpi;
using MicroVm.Vmm.Arch.X64.CpuTemplates;
using MicroVm.Vmm.Boot.Loaders;
using MicroVm.Vmm.Bus;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Legacy;
using MicroVm.Vmm.Devices.Virtio.Transport;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Interop.Kvm;
using MicroVm.Vmm.Interop.Kvm.X64;
using MicroVm.Vmm.Interop.Linux;
using MicroVm.Vmm.Jail;
using MicroVm.Vmm.Kvm;
using MicroVm.Vmm.Memory;
using MicroVm.Vmm.Vcpu;

namespace MicroVm.Vmm.Machine;

/// <summary>Puts one VM together: memory, kernel, legacy devices, virtio devices, tables, vCPUs, in this order.</summary>
internal sealed class MachineBuilder(VmConfig config, EpollLoop loop, VmLifetime lifetime, Logger logger, OwnedResources resources)
{
    /// <summary>Least RAM: the fixed places of the address map and a first megabyte for the kernel.</summary>
    private const int LeastMemoryMib = 2;
    private const int MostVcpus = 32;

    /// <summary>Size of a kernel file from which on reading it takes longer than starting a thread.</summary>
    private const ulong LeastBytesToOverlap = 1 << 20;

    private readonly IoBus _ports = new();
    private readonly IoBus _memoryBus = new();
    private readonly VcpuPause _pause = new(lifetime);

    /// <exception cref="VmmFaultException">Something outside this program stands in the way.</exception>
    internal MachineParts Build(MachineOptions options)
    {
        BootSource boot = config.BootSource;
        KvmSystem kvm = resources.Own(new KvmSystem(config.Machine.CpuTemplate?.Capabilities));
        int vcpuCount = CheckedVcpuCount(kvm);
        GuestMemory memory = resources.Own(AllocateMemory());
        (KvmVm vm, LoadedKernel kernel) = CreateVmAndLoad(kvm, boot.KernelImagePath, memory);
        BootPayload payload = boot.InitrdPath is null ? default : InitrdLoader.Load(boot.InitrdPath, kernel, memory);
        BootMemory.PreferHugePagesForTables(memory, payload);
        CommandLineWriter.Write(KernelArguments.For(boot, config.Drives), kernel, memory);

        vm.SetReservedPages(new GuestAddress(AddressMap.KvmTss), new GuestAddress(AddressMap.KvmIdentityMap));
        vm.MapMemory(memory, config.Machine.TrackDirtyPages);
        KvmInterruptLines lines = vm.SplitInterruptChip(IoApic.PinCount);
        _memoryBus.Add(AddressMap.IoApic, AddressMap.IoApicSize, new IoApic(lines));
        KvmCoalescedWrites postedWrites = new(_memoryBus);
        LegacyDevices legacy = new LegacySlots(_ports, loop, lifetime, logger, resources, lines.Line)
            .AddAll(config.Serial, options.ReadsStandardInput);
        AddBootTimer(options);
        PowerButton powerButton = new(lines.Line(AddressMap.PowerButtonGsi));
        IReadOnlyList<VirtioMmioDevice> devices = new VirtioSlots(vm, lines, memory, _memoryBus, postedWrites, loop, logger, resources)
            .AddAll(config, options.Metadata);
        WriteTables(memory, kernel, payload, vcpuCount, devices.Count);
        VcpuThread[] vcpus = CreateVcpus(kvm, vm, memory, kernel, vcpuCount, postedWrites, options.Filters);
        return new MachineParts(vcpus, _pause, powerButton, legacy, devices, [_ports, _memoryBus]);
    }

    private (KvmVm Vm, LoadedKernel Kernel) CreateVmAndLoad(KvmSystem kvm, string kernelPath, GuestMemory memory)
    {
        using BootFile file = new(kernelPath);
        if (file.Length < LeastBytesToOverlap)
        {
            return (resources.Own(kvm.CreateVm()), KernelLoader.Load(file, memory));
        }

        using KernelLoading loading = KernelLoading.Begin(file, memory);
        KvmVm vm = resources.Own(kvm.CreateVm());
        return (vm, loading.Await());
    }

    private int CheckedVcpuCount(KvmSystem kvm)
    {
        int count = config.Machine.VcpuCount;
        int most = Math.Min(MostVcpus, kvm.MaxVcpus);
        return count >= 1 && count <= most
            ? count
            : throw new VmmFaultException(ExitCode.BadConfiguration, $"vcpu_count: expected 1 to {most}, found {count}");
    }

    private GuestMemory AllocateMemory()
    {
        int sizeMib = config.Machine.MemSizeMib;
        if (sizeMib < LeastMemoryMib)
        {
            throw new VmmFaultException(ExitCode.BadConfiguration, $"mem_size_mib: expected {LeastMemoryMib} or more, found {sizeMib}");
        }

        try
        {
            return new GuestMemory(MemoryLayout.Regions(sizeMib), config.Machine.HugePages);
        }
        catch (OsFaultException fault)
        {
            string message = config.Machine.HugePages == HugePages.Huge2M
                ? $"{fault.Message}; huge_pages 2M: expected {sizeMib / 2} free pages of 2 MiB on this host"
                : fault.Message;
            throw new VmmFaultException(ExitCode.OutOfMemory, message, fault);
        }
    }

    private void AddBootTimer(MachineOptions options)
    {
        if (options.BootTimerStart is { } start)
        {
            BootTimer timer = new(start.Wall, start.Cpu, line => logger.Info(line, nameof(BootTimer)));
            _memoryBus.Add(AddressMap.BootTimer, AddressMap.BootTimerSize, timer);
        }
    }

    private static void WriteTables(GuestMemory memory, LoadedKernel kernel, BootPayload payload, int vcpuCount, int virtioCount)
    {
        AcpiTables.Write(memory, vcpuCount, virtioCount);
        ResetVector.Write(memory);
        MultiprocessorPointer.Write(memory);
        E820Entry[] map = E820Map.Build(memory.Regions);
        if (kernel.Protocol == BootProtocol.Pvh)
        {
            PvhStartInfo.Write(memory, payload, map);
        }
        else
        {
            ZeroPage.Write(memory, kernel, payload, map);
        }
    }

    private VcpuThread[] CreateVcpus(
        KvmSystem kvm, KvmVm vm, GuestMemory memory, LoadedKernel kernel, int count, KvmCoalescedWrites postedWrites, SystemCallFilters? filters)
    {
        KvmCpuidEntry2[] supported = kvm.SupportedCpuid();
        CpuTemplate? template = config.Machine.CpuTemplate;
        template?.ApplyTo(supported);
        bool tscDeadline = kvm.CheckExtension(KvmCapability.TscDeadlineTimer) > 0;
        VcpuThread[] threads = new VcpuThread[count];
        for (int i = 0; i < count; i++)
        {
            KvmVcpu vcpu = resources.Own(vm.CreateVcpu(i));
            vcpu.SetCpuid(CpuidTable.For(supported, i, count, tscDeadline));
            template?.ApplyTo(vcpu);
            BootRegisters.ApplyMsrs(vcpu);
            if (i == 0)
            {
                BootRegisters.Apply(vcpu, memory, kernel);
                postedWrites.Attach(vcpu);
            }

            threads[i] = new VcpuThread(i, vcpu, new VcpuExits(i, vcpu, _ports, _memoryBus, postedWrites), lifetime, _pause, filters);
        }

        return threads;
    }
}
