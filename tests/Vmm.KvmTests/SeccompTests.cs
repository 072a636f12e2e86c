using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using MicroVm.Vmm.Interop.Linux;
using MicroVm.Vmm.KvmTests.Guests;
using MicroVm.Vmm.KvmTests.Running;

namespace MicroVm.Vmm.KvmTests;

public sealed class SeccompTests
{
    private const uint Allow = 0x7fff_0000;
    private const uint KillProcess = 0x8000_0000;
    private const uint Ioctl = 16;

    [Fact]
    public async Task Filters_BuiltIn_HoldForEveryThreadAndVcpusHaveOneMore()
    {
        using VmFolder folder = new VmFolder().WithGuest(new GuestProgram().Print("up\n").Spin());
        folder.Config["machine-config"]!["vcpu_count"] = 2;
        using RunningVmm vmm = folder.Start();
        await vmm.WaitForOutputAsync("up");

        int[] filters = [.. Filters(vmm.ProcessId).Order()];
        int least = OwnFilters() + 1;
        Assert.True(filters.Length >= 3);
        Assert.All(filters, count => Assert.InRange(count, least, least + 1));
        Assert.Contains(least + 1, filters);
        vmm.Signal("INT");
        Assert.Equal(40, await vmm.WaitForExitAsync("filters"));
    }

    [Fact]
    public async Task Filters_NotWanted_AreNotThere()
    {
        using VmFolder folder = new VmFolder().WithGuest(new GuestProgram().Print("up\n").Spin());
        using RunningVmm vmm = folder.Start("--no-seccomp");
        await vmm.WaitForOutputAsync("up");

        Assert.All(Filters(vmm.ProcessId), count => Assert.Equal(OwnFilters(), count));
        vmm.Signal("INT");
        Assert.Equal(40, await vmm.WaitForExitAsync("no filters"));
    }

    [Fact]
    public async Task Violation_OfAFilter_EndsTheProcessWithSigsys()
    {
        using VmFolder folder = new VmFolder().WithGuest(new GuestProgram().Print("up\n").PowerOff());
        using RunningVmm vmm = StartWith(folder, [Return(Allow)], [Load(0), JumpIfEqual(Ioctl, 0, 1), Return(KillProcess), Return(Allow)]);

        Assert.Equal(128 + 31, await vmm.WaitForExitAsync("violation"));
        Assert.Empty(vmm.Output.Snapshot());
    }

    [Fact]
    public async Task Filters_OfTheOperator_TakeThePlaceOfTheBuiltIn()
    {
        using VmFolder folder = new VmFolder().WithGuest(new GuestProgram().Print("up\n").PowerOff());
        using RunningVmm vmm = StartWith(folder, [Return(Allow)], [Return(Allow)]);

        Assert.Equal(0, await vmm.WaitForExitAsync("filters of the operator"));
        Assert.Equal(["up"], vmm.Output.Snapshot());
    }

    [Fact]
    public async Task Filters_ThatAreNone_EndTheProcessBeforeTheGuestStarts()
    {
        using VmFolder folder = new VmFolder().WithGuest(new GuestProgram().Print("up\n").PowerOff());
        using RunningVmm bad = StartWith(folder, [Return(Allow)], [Load(0)]);
        Assert.Equal(3, await bad.WaitForExitAsync("bad filter"));
        Assert.Contains("vcpu.bpf: expected a program that ends with a return", Assert.Single(bad.Error.Snapshot()));

        using RunningVmm missing = folder.Start("--seccomp-filter", folder["nowhere"]);
        Assert.Equal(15, await missing.WaitForExitAsync("no filter"));
        Assert.Contains("vmm.bpf", Assert.Single(missing.Error.Snapshot()));
        Assert.Empty(bad.Output.Snapshot());
    }

    /// <summary>
    /// A driver that starts and resets a device makes its vCPU's thread allocate, and so collect; the collector then reads files and asks
    /// for limits, which the thread's own filter has to let through.
    /// </summary>
    [Fact]
    public async Task Collections_OnAVcpusThread_AreWithinItsFilter()
    {
        const uint window = 0xd000_0000;
        const uint rounds = 4_000;
        GuestProgram program = new GuestProgram().MapDeviceMemory(window).Emit(0xbb).Imm32(rounds); // mov ebx, rounds
        int loop = program.Position;
        (uint Register, uint Value)[] start =
        [
            (0x70, 0), (0x70, 1), (0x70, 3), (0x24, 0), (0x20, 0), (0x24, 1), (0x20, 1), (0x70, 11), // status, features
            (0x30, 0), (0x38, 16), (0x80, 0x40_0000), (0x90, 0x40_1000), (0xa0, 0x40_2000), (0x44, 1), (0x70, 15), // queue, status
        ];
        foreach ((uint register, uint value) in start)
        {
            program.Store32(window + register, value);
        }

        program.Emit(0xff, 0xcb); // dec ebx
        program.Emit(0x0f, 0x85).Imm32(unchecked((uint)(loop - (program.Position + 4)))).PowerOff(); // jne loop
        using VmFolder folder = new VmFolder().WithGuest(program);
        folder.Config["entropy"] = new JsonObject();
        using RunningVmm vmm = folder.Start("--metrics-path", folder["metrics"]);

        Assert.Equal(0, await vmm.WaitForExitAsync("collections"));
        Assert.Contains($"\"resets\":{rounds}", await File.ReadAllTextAsync(folder["metrics"]), StringComparison.Ordinal);
    }

    private static RunningVmm StartWith(VmFolder folder, SockFilter[] process, SockFilter[] vcpu)
    {
        Directory.CreateDirectory(folder["filters"]);
        File.WriteAllBytes(folder["filters/vmm.bpf"], MemoryMarshal.AsBytes(process.AsSpan()).ToArray());
        File.WriteAllBytes(folder["filters/vcpu.bpf"], MemoryMarshal.AsBytes(vcpu.AsSpan()).ToArray());
        return folder.Start("--seccomp-filter", folder["filters"]);
    }

    private static SockFilter Load(uint offset) => new() { Code = 0x20, Operand = offset };

    private static SockFilter JumpIfEqual(uint value, byte whenTrue, byte whenFalse) =>
        new() { Code = 0x15, Operand = value, JumpTrue = whenTrue, JumpFalse = whenFalse };

    private static SockFilter Return(uint action) => new() { Code = 0x06, Operand = action };

    private static IEnumerable<int> Filters(int processId) =>
        Directory.EnumerateDirectories($"/proc/{processId}/task").Select(task => FiltersOf($"{task}/status"));

    // Whoever runs the tests may be confined itself.
    private static int OwnFilters() => FiltersOf("/proc/self/status");

    private static int FiltersOf(string path)
    {
        string line = File.ReadLines(path).Single(text => text.StartsWith("Seccomp_filters:", StringComparison.Ordinal));
        return int.Parse(line.AsSpan(line.IndexOf(':') + 1).Trim(), CultureInfo.InvariantCulture);
    }
}
