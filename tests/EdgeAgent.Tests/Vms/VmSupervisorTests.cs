using System.Net.Sockets;
using System.Text.Json;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Interop;
using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Planning;
using MicroVm.EdgeAgent.Planning.Steps;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Reported;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MicroVm.EdgeAgent.Tests.Vms;

/// <summary>Real processes, pidfds and sockets; a shell script stands for the VMM.</summary>
public sealed class VmSupervisorTests : IAsyncDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly FailingStore _store = new(new MemoryStore());
    private readonly AgentOptions _options;
    private readonly FakeVmm _vmm;
    private VmBench _agent;

    public VmSupervisorTests()
    {
        _options = TestOptions.In(_directory) with { KernelArgs = "debug=1" };
        _vmm = new FakeVmm(_directory);
        _vmm.Install();
        _agent = new VmBench(_options, _store, _time);
    }

    [Fact]
    public async Task Start_Vm_RunsTheVmmWithItsConfigurationAndARecordOfItsProcess()
    {
        await StartAsync();

        VmRecord record = _store.LoadVms().Single();
        ProcFileSystem proc = new();
        Assert.Equal(VmPhase.Starting, record.Phase);
        Assert.Equal(proc.ReadStat(record.Run!.Pid)!.Value.StartTicks, record.Run.StartTicks);
        Assert.Equal(proc.ReadKernelBootId(), record.Run.KernelBootId);
        Assert.True(VmmCommandLine.TryRecognise(proc.ReadCommandLine(record.Run.Pid), _agent.Paths, out var vm));
        Assert.Equal(record.Name, vm);
        using JsonDocument config = JsonDocument.Parse(File.ReadAllBytes(_agent.Paths.Config(vm)));
        JsonElement root = config.RootElement;
        Assert.Equal(128, root.GetProperty("machine-config").GetProperty("mem_size_mib").GetInt32());
        Assert.Equal(
            "console=ttyS0 quiet panic=-1 reboot=k cgroup.memory=nokmem debug=1", root.GetProperty("boot-source").GetProperty("boot_args").GetString());
        JsonElement drive = root.GetProperty("drives")[0];
        Assert.Equal("/images/x.squashfs", drive.GetProperty("path_on_host").GetString());
        Assert.False(drive.GetProperty("is_root_device").GetBoolean());
        Assert.Equal(3, root.GetProperty("vsock").GetProperty("guest_cid").GetInt32());
        Assert.Equal(_agent.Paths.Vsock(vm), root.GetProperty("vsock").GetProperty("uds_path").GetString());
    }

    [Fact]
    public async Task Start_TwoVms_HaveTheirOwnContextIdsAndSessions()
    {
        await StartAsync("a");
        await StartAsync("b");

        Assert.Equal([3U, 4U], _store.LoadVms().Select(record => record.Run!.Cid));
        foreach (VmRecord record in _store.LoadVms())
        {
            // Field 6 of stat is the session: its leader is the VMM itself, so no terminal or group of the agent reaches it.
            string stat = File.ReadAllText($"/proc/{record.Run!.Pid}/stat");
            Assert.Equal($"{record.Run.Pid}", stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[3]);
        }
    }

    [Theory]
    [InlineData("vmm", "VMM: expected a file at")]
    [InlineData("kernel", "guest kernel: expected a file at")]
    public async Task Start_FileIsMissing_SaysWhichAndLeavesNothing(string file, string expected)
    {
        File.Delete(_directory[file]);

        Assert.StartsWith(expected, await _agent.StartAsync(Specs.Vm()));

        Assert.Empty(_store.LoadVms());
        Assert.Null(_agent.Entry().Instance);
    }

    [Fact]
    public async Task Start_RecordCannotBeKept_LeavesNoProcess()
    {
        _store.Broken = true;
        _vmm.Prepare("web");

        Assert.Equal("disk I/O error", await _agent.StartAsync(Specs.Vm()));

        ProcFileSystem proc = new();
        Assert.DoesNotContain(proc.EnumeratePids(), pid => VmmCommandLine.TryRecognise(proc.ReadCommandLine(pid), _agent.Paths, out _));
        await using VmBench next = new(_options, new MemoryStore(), _time);
        await Phase.Of("scan", next.Adoption.RunAsync(default));
        Assert.Null(_agent.Entry().Instance);
    }

    [Fact]
    public async Task VmmEnds_ByItself_IsRecordedWithItsLastWordsAndBackOff()
    {
        VmInstance instance = await StartAsync();
        TaskCompletionSource disturbed = new();
        _agent.Supervisor.Disturbed += _ => disturbed.TrySetResult();

        _vmm.End("web", 7);
        await Phase.Of("settled", instance.Settled);

        await Phase.Of("planned for", disturbed.Task);
        VmRecord record = _store.LoadVms().Single();
        Assert.Null(record.Run);
        Assert.Equal("the VMM ended with code 7: fatal: told to end", record.Exit!.Message);
        Assert.Equal((1, VmPhase.BackOff), (record.Crashes, record.Phase));
        Assert.InRange(record.RetryAt!.Value - _time.GetUtcNow(), TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task VmmEnds_BecauseItCanNeverRunThis_FailsForGoodOverRestartsUntilAnotherAgentComes()
    {
        VmInstance instance = await StartAsync();
        _vmm.End("web", 3);
        await Phase.Of("settled", instance.Settled);
        VmRecord refused = _store.LoadVms().Single();
        Assert.Equal((VmPhase.Failed, "VmmRefused", null), (refused.Phase, refused.Exit!.Reason, refused.RetryAt));

        await using (VmBench next = new(_options, _store, _time))
        {
            await Phase.Of("adoption", next.Adoption.RunAsync(default));
            VmObservation observed = new() { Record = next.Entry().Record, ImagePresent = true };
            Assert.Equal(VmPlan.Nothing, VmPlanner.Plan(refused.Spec, observed, _time.GetUtcNow().AddDays(30)));
            Assert.Contains(VmPlanner.Plan(Specs.Vm(revision: 2), observed, _time.GetUtcNow()).Steps, static step => step is StartVmStep);
        }

        _store.SaveVm(refused with { Exit = refused.Exit with { JudgedBy = "another agent" } });
        await using VmBench other = new(_options, _store, _time);
        await Phase.Of("adoption", other.Adoption.RunAsync(default));
        VmObservation anew = new() { Record = other.Entry().Record, ImagePresent = true };
        Assert.Contains(VmPlanner.Plan(refused.Spec, anew, _time.GetUtcNow()).Steps, static step => step is StartVmStep);
    }

    [Fact]
    public async Task VmmEnds_BecauseTheGuestPanicked_SaysSo()
    {
        VmInstance instance = await StartAsync();

        _vmm.End("web", 33);
        await Phase.Of("settled", instance.Settled);

        Assert.Equal("the guest's kernel crashed: fatal: told to end", _store.LoadVms().Single().Exit!.Message);
    }

    [Fact]
    public async Task VmmEnds_AfterTheGuestSaidItsCode_KeepsThatCode()
    {
        VmInstance instance = await StartAsync();
        using (FakeInit init = await FakeInit.GreetAsync(_agent.Paths.GuestChannel(_agent.Entry().Name)))
        {
            await init.ReceiveAsync<GuestConfig>("config");
            await init.SendAsync(new GuestExited(3, ""));
            await init.ReceiveAsync<GuestExitAck>("acknowledgement");
        }

        _vmm.End("web", 0);
        await Phase.Of("settled", instance.Settled);

        VmRecord record = _store.LoadVms().Single();
        Assert.Equal((3, 3), (record.Exit!.Code, record.LastExitCode));
    }

    [Fact]
    public async Task Start_AfterAnEnd_CountsARestart()
    {
        VmInstance instance = await StartAsync();
        _vmm.End("web", 1);
        await Phase.Of("settled", instance.Settled);
        await RestartAsync(Specs.Vm());
        Assert.Equal(1, _store.LoadVms().Single().Restarts);

        VmInstance second = _agent.Entry().Instance!;
        _vmm.End("web", 1);
        await Phase.Of("settled again", second.Settled);
        await RestartAsync(Specs.Vm(revision: 2));

        Assert.Equal(0, _store.LoadVms().Single().Restarts);
        Assert.True(File.Exists(_agent.Paths.VmmOutput(_agent.Entry().Name)));
    }

    [Fact]
    public async Task Stop_GuestObeys_IsAskedThroughTheChannelAndIsNoCrash()
    {
        await StartAsync();
        using FakeInit init = await FakeInit.GreetAsync(_agent.Paths.GuestChannel(_agent.Entry().Name));
        await init.ReceiveAsync<GuestConfig>("config");

        Task stopping = _agent.Stopper.StopAsync(_agent.Entry(), "test", default);
        Assert.Equal(10, (await init.ReceiveAsync<GuestShutdown>("shutdown")).GracePeriodSeconds);
        Assert.Equal(VmPhase.Stopping, _store.LoadVms().Single().Phase);
        await init.SendAsync(new GuestExited(143, ""));
        await init.ReceiveAsync<GuestExitAck>("acknowledgement");
        _vmm.End("web", 0);
        init.Dispose();
        await Phase.Of("stopped", stopping);

        VmRecord record = _store.LoadVms().Single();
        Assert.Equal((null, null, 0, 143), (record.Run, record.Exit, record.Crashes, record.LastExitCode));
    }

    [Fact]
    public async Task Stop_GuestDoesNothing_GetsSigtermAfterGraceAndFiveSeconds()
    {
        VmInstance instance = await StartAsync();

        Task stopping = _agent.Stopper.StopAsync(_agent.Entry(), "test", default);
        _time.Advance(TimeSpan.FromSeconds(14.9));
        Assert.False(instance.Process.Exited.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(0.1));
        await Phase.Of("stopped", stopping);

        Assert.Equal(0, await instance.Process.Exited);
    }

    [Fact]
    public async Task Stop_VmmIgnoresSigterm_IsKilled()
    {
        _vmm.Install(ignoresTerm: true);
        VmInstance instance = await StartAsync();
        Task stopping = _agent.Stopper.StopAsync(_agent.Entry(), "test", default);

        _time.Advance(TimeSpan.FromSeconds(15));
        // The next wait is armed by a continuation; time moves until it has seen it.
        while (!stopping.IsCompleted && !instance.Process.Exited.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }

        await Phase.Of("stopped", stopping);
        Assert.Equal(128 + Signals.SIGKILL, await instance.Process.Exited);
    }

    [Fact]
    public async Task Adopt_AgentWasRestarted_KeepsThePidAndTheConversation()
    {
        await StartAsync();
        int pid = _store.LoadVms().Single().Run!.Pid;
        await _agent.DisposeAsync();

        _agent = new VmBench(_options, _store, _time);
        await Phase.Of("adoption", _agent.Adoption.RunAsync(default));

        VmInstance adopted = _agent.Entry().Instance!;
        Assert.Equal(pid, adopted.Process.Pid);
        using (FakeInit init = await FakeInit.GreetAsync(_agent.Paths.GuestChannel(_agent.Entry().Name), GuestState.Running))
        {
            await init.SendAsync(new GuestExited(4, ""));
            await init.ReceiveAsync<GuestExitAck>("acknowledgement");
        }

        _vmm.End("web", 0);
        await Phase.Of("settled", adopted.Settled);
        Assert.Equal(4, _store.LoadVms().Single().Exit!.Code);
        Assert.Equal(0, _agent.Counters.StoppedOrphans.Value);
    }

    [Fact]
    public async Task Adopt_StopWasBegun_GuestIsToldWhenItConnectsAndItsEndIsNoCrash()
    {
        await StartAsync();
        _agent.Table.Note(_agent.Entry(), static record => record with { Phase = VmPhase.Stopping });
        await _agent.DisposeAsync();

        _agent = new VmBench(_options, _store, _time);
        await Phase.Of("adoption", _agent.Adoption.RunAsync(default));

        VmInstance adopted = _agent.Entry().Instance!;
        using (FakeInit init = await FakeInit.GreetAsync(_agent.Paths.GuestChannel(_agent.Entry().Name), GuestState.Running))
        {
            await init.ReceiveAsync<GuestShutdown>("shutdown");
        }

        _vmm.End("web", 0);
        await Phase.Of("settled", adopted.Settled);
        VmRecord record = _store.LoadVms().Single();
        Assert.Equal((null, null, 0, VmPhase.Pending), (record.Run, record.Exit, record.Crashes, record.Phase));
    }

    [Fact]
    public async Task Adopt_RunDirectoryWasCleaned_StillListensForTheGuest()
    {
        VmInstance instance = await StartAsync();
        await _agent.DisposeAsync();
        Directory.Delete(_agent.Paths.Directory(_agent.Entry().Name), recursive: true);

        _agent = new VmBench(_options, _store, _time);
        await Phase.Of("adoption", _agent.Adoption.RunAsync(default));

        Assert.Equal(instance.Process.Pid, _agent.Entry().Instance!.Process.Pid);
        using FakeInit init = await FakeInit.GreetAsync(_agent.Paths.GuestChannel(_agent.Entry().Name));
        await init.ReceiveAsync<GuestConfig>("config");
    }

    [Fact]
    public async Task Adopt_GuestCannotBeListenedTo_AdoptsAllTheSameAndListensWhenItCan()
    {
        string channel = await AdoptUnheardAsync();
        Directory.Delete(channel);

        using FakeInit init = await Phase.Of("guest is listened to", GreetWhenPossibleAsync(channel));
        await init.ReceiveAsync<GuestConfig>("config");
    }

    [Fact]
    public async Task Adopt_GuestCannotBeListenedTo_VmmEndsMeanwhile_IsSettled()
    {
        await AdoptUnheardAsync();
        VmInstance adopted = _agent.Entry().Instance!;

        _vmm.End("web", 0);

        await Phase.Of("settled", adopted.Settled);
        Assert.Null(_agent.Entry().Instance);
    }

    [Fact]
    public async Task OutputCap_GuestFillsItsSerialLog_EmptiesTheFileAndKeepsItsEnd()
    {
        await StartAsync();
        string serial = _agent.Paths.Serial(_agent.Entry().Name), log = _agent.Paths.VmmLog(_agent.Entry().Name);
        using FileStream guest = new(serial, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        guest.Write(new byte[OutputCap.LargestBytes]);
        guest.Write("the end"u8);
        File.WriteAllBytes(log, new byte[OutputCap.LargestBytes]);

        new OutputCap(_agent.Table, _agent.Paths, _time, NullLogger.Instance).Apply();

        Assert.Equal((0, OutputCap.LargestBytes), (new FileInfo(serial).Length, new FileInfo(log).Length));
        byte[] kept = File.ReadAllBytes(VmPaths.Earlier(serial));
        Assert.Equal(OutputCap.KeptBytes, kept.Length);
        Assert.EndsWith("the end", System.Text.Encoding.ASCII.GetString(kept));
    }

    [Fact]
    public async Task Adopt_VmmEndedMeanwhile_IsAnEndThatThePolicyJudges()
    {
        VmInstance instance = await StartAsync(policy: RestartPolicy.Never);
        await _agent.Supervisor.DetachAsync();
        VmRecord asLeft = _store.LoadVms().Single();
        _vmm.End("web", 0);
        await Phase.Of("ended", instance.Settled);
        _store.SaveVm(asLeft);

        await using VmBench next = new(_options, _store, _time);
        await Phase.Of("adoption", next.Adoption.RunAsync(default));

        Assert.Null(next.Entry().Instance);
        Assert.Equal(VmPhase.Failed, next.Entry().Record!.Phase);
        Assert.Equal("the VMM ended while the agent was not running", next.Entry().Record!.Exit!.Message);
    }

    [Theory]
    [InlineData("another-boot", 0)]
    [InlineData(null, 1)]
    public async Task Adopt_PidMeansAnotherProcess_IsNotTouched(string? kernelBootId, ulong startTicksOff)
    {
        int own = Environment.ProcessId;
        ulong ticks = new ProcFileSystem().ReadStat(own)!.Value.StartTicks;
        VmRun run = new(Guid.NewGuid(), own, ticks + startTicksOff, kernelBootId ?? _agent.Supervisor.KernelBootId, 3, _time.GetUtcNow());
        _store.SaveVm(new VmRecord { Spec = Specs.Vm(), Run = run, Phase = VmPhase.Running });

        await Phase.Of("adoption", _agent.Adoption.RunAsync(default));

        Assert.Null(_agent.Entry().Instance);
        Assert.Null(_agent.Entry().Record!.Run);
    }

    [Fact]
    public async Task Adopt_DeviceWasBooted_IsStartedAgainWithoutABackOff()
    {
        VmRun run = new(Guid.NewGuid(), 1, 1, "another-boot", 3, _time.GetUtcNow());
        _store.SaveVm(new VmRecord { Spec = Specs.Vm(), Run = run, Phase = VmPhase.Running, Restarts = 2 });

        await Phase.Of("adoption", _agent.Adoption.RunAsync(default));

        VmRecord record = _agent.Entry().Record!;
        Assert.Equal((null, null, null, 2), (record.Run, record.Exit, record.RetryAt, record.Restarts));
    }

    [Fact]
    public async Task Adopt_VmmWithoutARecord_IsStopped()
    {
        VmInstance orphan = await StartAsync();
        _store.RemoveVm(_agent.Entry().Name);

        await using VmBench next = new(_options, _store, _time);
        await Phase.Of("adoption", next.Adoption.RunAsync(default));

        await Phase.Of("orphan's end", orphan.Process.Exited);
        Assert.Equal(1, next.Counters.StoppedOrphans.Value);
    }

    [Fact]
    public async Task Start_VmmWithoutARecordThatAdoptionDidNotSee_HasEndedBefore()
    {
        VmInstance orphan = await StartAsync();
        _store.RemoveVm(_agent.Entry().Name);

        await using VmBench next = new(_options, _store, _time);
        Assert.Null(await next.StartAsync(Specs.Vm()));

        Assert.False(new ProcFileSystem().ReadStat(orphan.Process.Pid) is { IsAlive: true }, "it still runs");
        Assert.Equal(1, next.Counters.StoppedOrphans.Value);
        VmInstance started = next.Entry().Instance!;
        started.Process.Signal(Signals.SIGKILL);
        await Phase.Of("end of the test's VMM", started.Process.Exited);
    }

    public async ValueTask DisposeAsync()
    {
        _store.Broken = false;
        foreach (VmEntry entry in _agent.Table.All())
        {
            if (entry.Instance is VmInstance instance)
            {
                instance.Process.Signal(Signals.SIGKILL);
                await Phase.Of("end of the test's VMM", instance.Process.Exited);
            }
        }

        await _agent.DisposeAsync();
        _directory.Dispose();
    }

    private async Task<VmInstance> StartAsync(string name = "web", RestartPolicy policy = RestartPolicy.Always)
    {
        _vmm.Prepare(name);
        await RestartAsync(Specs.Vm(name, policy: policy));
        return _agent.Entry(name).Instance!;
    }

    /// <summary>An agent takes over a VM whose guest it cannot listen to, because a directory is in the socket's place: its path.</summary>
    private async Task<string> AdoptUnheardAsync()
    {
        VmInstance instance = await StartAsync();
        await _agent.DisposeAsync();
        string channel = _agent.Paths.GuestChannel(_agent.Entry().Name);
        File.Delete(channel);
        Directory.CreateDirectory(channel);

        _agent = new VmBench(_options, _store, _time);
        await Phase.Of("adoption", _agent.Adoption.RunAsync(default));
        Assert.Equal(instance.Process.Pid, _agent.Entry().Instance!.Process.Pid);
        return channel;
    }

    private static async Task<FakeInit> GreetWhenPossibleAsync(string channel)
    {
        while (true)
        {
            try
            {
                return await FakeInit.GreetAsync(channel);
            }
            catch (SocketException)
            {
                await Task.Delay(20);
            }
        }
    }

    private async Task RestartAsync(VmSpec spec)
    {
        Assert.Null(await _agent.StartAsync(spec));
        await _vmm.WaitUpAsync(spec.Name.Value);
    }
}
