using MicroVm.Vmm.Arch;
using MicroVm.Vmm.Boot.Loaders;
using MicroVm.Vmm.Bus;
using MicroVm.Vmm.Control;
using MicroVm.Vmm.Devices.Legacy;
using MicroVm.Vmm.Devices.Virtio.Transport;
using MicroVm.Vmm.Diagnostics;
using MicroVm.Vmm.EventLoop;
using MicroVm.Vmm.Interop.Linux;
using MicroVm.Vmm.Jail;
using MicroVm.Vmm.Kvm;
using MicroVm.Vmm.Memory;
using MicroVm.Vmm.Vcpu;

namespace MicroVm.Vmm.Machine;

/// <summary>Puts one VM together: memory, kernel, legacy devices, virtio devices, vCPUs, tables, in this order.</summary>
internal sealed class MachineBuilder(
    VmConfig config, IPlatform platform, EpollLoop loop, VmLifetime lifetime, Logger logger, OwnedResources resources)
{
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
        KvmSystem kvm = resources.Own(new KvmSystem(platform.RequiredCapabilities, config.Machine.CpuTemplate?.Capabilities));
        int vcpuCount = CheckedVcpuCount(kvm);
        GuestMemory memory = resources.Own(AllocateMemory());
        (KvmVm vm, LoadedKernel kernel) = CreateVmAndLoad(kvm, boot.KernelImagePath, memory);
        BootPayload payload = boot.InitrdPath is null ? default : InitrdLoader.Load(boot.InitrdPath, kernel, memory);
        BootMemory.PreferHugePagesForTables(memory, payload);

        vm.MapMemory(memory, config.Machine.TrackDirtyPages);
        platform.AddInterruptController(vm, _memoryBus, vcpuCount, resources);
        KvmCoalescedWrites postedWrites = new(_memoryBus);
        LegacyDevices legacy = platform.AddLegacyDevices(
            new LegacySlots(loop, lifetime, logger, resources, config.Serial, options.ReadsStandardInput), _ports, _memoryBus);
        AddBootTimer(options);
        IReadOnlyList<VirtioMmioDevice> devices = new VirtioSlots(vm, platform, memory, _memoryBus, postedWrites, loop, logger, resources)
            .AddAll(config, options.Metadata);

        BootContents contents = new(memory, config.Machine, kernel, payload, KernelArguments.For(boot, config.Drives), devices.Count);
        KvmVcpu[] vcpus = CreateVcpus(vm, vcpuCount);
        platform.PrepareVcpus(kvm, vm, vcpus, contents);
        platform.WriteTables(contents, vcpus);
        postedWrites.Attach(vcpus[0]);
        return new MachineParts(MakeThreads(vcpus, postedWrites, options.Filters), _pause, legacy, devices, [_ports, _memoryBus]);
    }

    private (KvmVm Vm, LoadedKernel Kernel) CreateVmAndLoad(KvmSystem kvm, string kernelPath, GuestMemory memory)
    {
        nuint type = platform.VmType(kvm);
        using BootFile file = new(kernelPath);
        if (file.Length < LeastBytesToOverlap)
        {
            return (resources.Own(kvm.CreateVm(type)), platform.LoadKernel(file, memory));
        }

        using KernelLoading loading = KernelLoading.Begin(() => platform.LoadKernel(file, memory));
        KvmVm vm = resources.Own(kvm.CreateVm(type));
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
        if (sizeMib < platform.LeastMemoryMib)
        {
            throw new VmmFaultException(ExitCode.BadConfiguration, $"mem_size_mib: expected {platform.LeastMemoryMib} or more, found {sizeMib}");
        }

        try
        {
            return new GuestMemory(platform.MemoryRegions(sizeMib), config.Machine.HugePages);
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
            _memoryBus.Add(platform.BootTimer.Value, BootTimer.RegionBytes, timer);
        }
    }

    private KvmVcpu[] CreateVcpus(KvmVm vm, int count)
    {
        KvmVcpu[] vcpus = new KvmVcpu[count];
        for (int i = 0; i < count; i++)
        {
            vcpus[i] = resources.Own(vm.CreateVcpu(i));
        }

        return vcpus;
    }

    private VcpuThread[] MakeThreads(KvmVcpu[] vcpus, KvmCoalescedWrites postedWrites, SystemCallFilters? filters)
    {
        VcpuThread[] threads = new VcpuThread[vcpus.Length];
        for (int i = 0; i < threads.Length; i++)
        {
            VcpuExits exits = new(i, vcpus[i], _ports, _memoryBus, postedWrites);
            threads[i] = new VcpuThread(i, vcpus[i], exits, lifetime, _pause, filters);
        }

        return threads;
    }
}
