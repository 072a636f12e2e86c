using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Desired;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Execution;
using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Planning;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Vms;
using MicroVm.EdgeAgent.Vms.Control;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MicroVm.EdgeAgent.Tests.Execution;

/// <summary>Real processes and sockets; a shell script stands for the VMM and a socket of the test's for its API.</summary>
public sealed class ElasticMemoryTests : IAsyncDisposable
{
    private const int Budget = 200;

    private readonly TempDirectory _directory = new();
    private readonly MemoryStore _store = new();
    private readonly FakeTimeProvider _time = new();
    private readonly AgentOptions _options;
    private readonly FakeVmm _vmm;
    private readonly VmBench _agent;
    private readonly DesiredIntake _intake;
    private readonly MemoryAdmission _admission;
    private readonly ElasticMemory _elastic;
    private readonly Dictionary<string, FakeVmmApi> _apis = [];

    public ElasticMemoryTests()
    {
        _options = TestOptions.In(_directory);
        Directory.CreateDirectory(_directory["proc/pressure"]);
        File.WriteAllText(_directory["proc/meminfo"], "MemTotal: 1000000 kB\nMemAvailable: 500000 kB\n");
        Press("0.00");
        _vmm = new FakeVmm(_directory);
        _vmm.Install();
        _agent = new VmBench(_options, _store, TimeProvider.System);
        _intake = new DesiredIntake(_store, TestIdentity.Open(_options), new Refusals(), new AgentCounters(), NullLogger.Instance);
        _admission = new MemoryAdmission(() => _intake.Current.Vms, _agent.Table, Budget);
        _elastic = new ElasticMemory(
            _agent.Table, _admission, _agent.Paths, new VmmApi(TimeProvider.System), new ProcFileSystem(_directory["proc"]), _time, NullLogger.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (VmEntry entry in _agent.Table.All())
        {
            entry.Instance?.Process.Signal(9);
            await (entry.Instance?.Settled ?? Task.CompletedTask);
        }

        foreach (FakeVmmApi api in _apis.Values)
        {
            await api.DisposeAsync();
        }

        await _agent.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task Tick_GuestIsShort_GetsWhatItLacksAndCountsWithIt()
    {
        // It uses 29 of 32, and gets its headroom of 16.
        await StartAsync("a", available: 3);

        await TickAsync();

        Assert.Equal((80, 48), (_apis["a"].TargetMib, Memory("a").GrantedMib));
        Assert.Equal(Budget - 48 - 8, _admission.FreeMib(ResourceName.Parse("other")));
    }

    [Fact]
    public async Task Tick_TwoAreShort_NeverGrantsMoreThanTheBudget()
    {
        await StartAsync("a", available: 0);
        await StartAsync("b", available: 0);

        for (int i = 0; i < 20; i++)
        {
            await TickAsync();
            Assert.True(Memory("a").GrantedMib + Memory("b").GrantedMib + 16 <= Budget);
        }

        Assert.Equal(Budget - 16, Memory("a").GrantedMib + Memory("b").GrantedMib);
    }

    [Fact]
    public async Task Tick_GuestKeepsWhatItShouldGive_StillCountsWithIt()
    {
        await StartAsync("a", available: 3);
        await TickAsync();
        (_apis["a"].StubbornMib, _apis["a"].AvailableMib) = (30, 90);
        Press("50.00");

        await TickAsync();

        Assert.Equal(32, Memory("a").GrantedMib);
        await TickAsync();
        Assert.Equal(62, Memory("a").CountedMib);
    }

    [Fact]
    public async Task Tick_GuestThatStartsCannotFillItsBalloon_IsGivenWhatItKeeps()
    {
        await StartAsync("a", available: 1);
        _apis["a"].StubbornMib = 12;
        await TickAsync();
        Assert.Equal(32, Memory("a").GrantedMib);

        await TickAsync();

        Assert.Equal(48, Memory("a").GrantedMib);
    }

    [Fact]
    public async Task Tick_OfAnotherStartOfTheAgent_TakesTheGrantsOver()
    {
        await StartAsync("a", available: 30);
        _apis["a"].TargetMib = 60;
        VmBench next = new(_options, _store, TimeProvider.System);
        await next.Adoption.RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal(128, next.Entry("a").Instance!.Memory.CountedMib);
        ElasticMemory elastic = new(
            next.Table, new MemoryAdmission(() => _intake.Current.Vms, next.Table, Budget), next.Paths, new VmmApi(TimeProvider.System), new ProcFileSystem(_directory["proc"]), TimeProvider.System, NullLogger.Instance);

        await Phase.Of("tick", elastic.TickAsync(TestContext.Current.CancellationToken));

        Assert.Equal(68, next.Entry("a").Instance!.Memory.CountedMib);
        await next.DisposeAsync();
    }

    [Fact]
    public async Task Tick_VmmWithoutApi_KeepsItsMemoryAndHoldsNobodyUp()
    {
        await StartAsync("a", available: 3);
        await StartAsync("b", available: 3);
        await _apis["a"].DisposeAsync();

        await TickAsync();

        Assert.Equal((32, 48), (Memory("a").GrantedMib, Memory("b").GrantedMib));
    }

    [Fact]
    public async Task Tick_ImportantVmWaitsForWhatAGuestKeeps_TheGuestIsToBeRestartedAfterHalfAMinuteAndOnlyInThatRun()
    {
        VmSpec till = Specs.Vm("till") with { Priority = 1 };
        Want(till);
        await StartAsync("a", available: 0);
        _apis["a"].StubbornMib = 60;
        VmEntry waits = _agent.Entry("till");
        _agent.Table.SetRemark(waits, new VmRemark(VmPhase.Pending, VmPlanner.WaitsForMemory, ""));
        await TickAsync();
        await TickAsync();
        Assert.Equal((92, Budget - 100), (Memory("a").CountedMib, _admission.FreeMib(till.Name)));

        _time.Advance(ReclaimDecisions.Patience - TimeSpan.FromTicks(1));
        await TickAsync();
        Assert.Null(_admission.ReclaimOf(_agent.Entry("a")));
        _time.Advance(TimeSpan.FromTicks(1));
        await TickAsync();

        Assert.Equal(
            "held 92 MiB where 32 were granted; till, which goes before it, has waited 30 s for 136 MiB, of which 100 are free",
            _admission.ReclaimOf(_agent.Entry("a")));
        Assert.Equal(["a", "till"], _admission.Waiting().Select(static name => name.Value));
        await EndAsync("a");
        Assert.Null(_admission.ReclaimOf(_agent.Entry("a")));
    }

    [Fact]
    public async Task Tick_WaitIsOverForAMoment_TheHalfMinuteBeginsAnew()
    {
        Want(Specs.Vm("till") with { Priority = 1 });
        await StartAsync("a", available: 0);
        _apis["a"].StubbornMib = 60;
        VmEntry waits = _agent.Entry("till");
        VmRemark remark = new(VmPhase.Pending, VmPlanner.WaitsForMemory, "");
        foreach (VmRemark? said in (VmRemark?[])[remark, null, remark])
        {
            _agent.Table.SetRemark(waits, said);
            await TickAsync();
            _time.Advance(ReclaimDecisions.Patience / 2);
        }

        await TickAsync();

        Assert.Null(_admission.ReclaimOf(_agent.Entry("a")));
        _time.Advance(ReclaimDecisions.Patience / 2);
        await TickAsync();
        Assert.NotNull(_admission.ReclaimOf(_agent.Entry("a")));
    }

    [Fact]
    public async Task TryReserve_ReplacementWhileAGuestKeepsTooMuch_HasWhatItReplacesBeforeAndAfterThatIsStopped()
    {
        await StartAsync("a", available: 0);
        _apis["a"].StubbornMib = 60;
        _vmm.Prepare("web");
        Assert.Null(await _agent.StartAsync(Specs.Vm()));
        await _vmm.WaitUpAsync("web");
        await TickAsync();
        await TickAsync();
        VmSpec next = Specs.Vm(revision: 2);
        Assert.Equal(100, _admission.FreeMib(next.Name));
        Assert.False(_admission.TryReserve(next with { MemoryMib = 192 }));

        Assert.True(_admission.TryReserve(next));
        await EndAsync("web");

        Assert.Equal(Budget - 100 - 136, _admission.FreeMib(ResourceName.Parse("other")));
        Assert.True(_admission.TryReserve(next));
        _admission.Release(next.Name);
        Assert.False(_admission.TryReserve(next));
    }

    private void Want(params VmSpec[] vms)
    {
        Assert.Equal(IntakeResult.Accepted, _intake.Offer(TestFleet.Shared.SignDesired(_options.DeviceId, Specs.Envelope(Specs.State(1, vms)).Encode())));
        _ = _admission.Update();
    }

    private async Task EndAsync(string vm)
    {
        VmInstance instance = _agent.Entry(vm).Instance!;
        instance.Process.Signal(9);
        await Phase.Of("end", instance.Settled);
    }

    private Task TickAsync() => Phase.Of("tick", _elastic.TickAsync(TestContext.Current.CancellationToken));

    private VmMemory Memory(string vm) => _agent.Entry(vm).Instance!.Memory;

    private void Press(string percent) => File.WriteAllText(_directory["proc/pressure/memory"], $"some avg10={percent} avg60=0.00 avg300=0.00 total=0\n");

    private async Task StartAsync(string vm, int available)
    {
        VmSpec spec = Specs.Vm(vm) with { MemoryMib = 128, MemoryMinMib = 32 };
        _vmm.Prepare(vm);
        Assert.Null(await _agent.StartAsync(spec));
        await _vmm.WaitUpAsync(vm);
        _apis[vm] = new FakeVmmApi(_agent.Paths.Api(spec.Name)) { TargetMib = 96, AvailableMib = available };
    }
}
