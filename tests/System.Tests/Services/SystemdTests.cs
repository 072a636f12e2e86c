using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using MicroVm.Shared.Contracts.Api;
using MicroVm.SystemTests.Updates;
using MicroVm.TestKit;

namespace MicroVm.SystemTests.Services;

/// <summary>The agent as a service of a booted systemd, with all that its unit asks for, and VMs that outlive it.</summary>
public sealed class SystemdTests(SystemdFixture device) : IClassFixture<SystemdFixture>
{
    private const string Unit = "microvm-agent";

    /// <summary>How long the process that does not end is given; the VM beside it takes less, under full emulation too.</summary>
    private const int StubbornSeconds = 30;

    /// <summary>Longest time to start the agent again, or to fetch, verify, unpack and try a release of it, under full emulation.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(180);

    private readonly AgentUpdates _updates = new(device, s_limit);

    [Fact]
    public async Task Service_InstalledAsDocumented_IsActiveBecauseItSaidSo()
    {
        Assert.Equal("enabled", (await device.Device.RunAsync($"systemctl is-enabled {Unit}")).Succeeded());
        IReadOnlyDictionary<string, string> unit = await ShowAsync();

        // With Type=notify nothing but READY=1 of the main process makes a service active.
        Assert.Equal(("notify", "main"), (unit["Type"], unit["NotifyAccess"]));
        Assert.Equal(("active", "running"), (unit["ActiveState"], unit["SubState"]));
        Assert.Equal(await device.Device.AgentPidAsync(), int.Parse(unit["MainPID"], CultureInfo.InvariantCulture));
        Assert.Equal("1min", unit["WatchdogUSec"]);
        Assert.Equal("", (await device.Device.RunAsync("systemctl --failed --plain --no-legend")).Succeeded());
        // Nothing that runs VMs waits for the network.
        Assert.DoesNotContain("network", unit["After"], StringComparison.Ordinal);
        Assert.DoesNotContain("microvm-vms", unit["After"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Service_RestartedAndStoppedAndStarted_LeavesVmsAlone()
    {
        (IReadOnlyList<int> vmms, VmView vm) = await VmsAsync();

        (await device.Device.RunAsync($"systemctl restart {Unit}", s_limit)).Succeeded();
        await AssertSameAsync(vmms, vm);

        (await device.Device.RunAsync($"systemctl stop {Unit}", s_limit)).Succeeded();
        Assert.Equal("inactive", (await ShowAsync())["ActiveState"]);
        Assert.Equal("success", (await ShowAsync())["Result"]);
        Assert.Equal(vmms, await device.Device.VmmPidsAsync());
        Assert.StartsWith("started\n", await GetPageAsync(), StringComparison.Ordinal);
        (await device.Device.RunAsync($"systemctl start {Unit}", s_limit)).Succeeded();
        await AssertSameAsync(vmms, vm);
    }

    [Fact]
    public async Task Agent_KilledWithSigkill_IsStartedAgainAndAdopts()
    {
        (IReadOnlyList<int> vmms, VmView vm) = await VmsAsync();
        int restarts = await RestartsAsync(), from = device.Device.AgentLog.Count;

        await device.Device.KillAgentAsync();

        await device.Device.AgentLog.WaitForAsync("adopted", s_limit, from);
        Assert.Equal(restarts + 1, await RestartsAsync());
        await WaitUntilActiveAsync();
        await AssertSameAsync(vmms, vm);
    }

    [Fact]
    public async Task Agent_ThatHangs_IsEndedByTheWatchdogAndStartedAgain()
    {
        (IReadOnlyList<int> vmms, VmView vm) = await VmsAsync();
        await DropInAsync(Unit, "WatchdogSec=15");
        try
        {
            (await device.Device.RunAsync($"systemctl restart {Unit}", s_limit)).Succeeded();
            int hung = await device.Device.AgentPidAsync(), from = device.Device.AgentLog.Count;

            (await device.Device.RunAsync($"kill -STOP {hung}")).Succeeded();

            await device.Device.AgentLog.WaitForAsync("Watchdog timeout (limit 15s)", s_limit, from);
            await device.Device.AgentLog.WaitForAsync("adopted", s_limit, from);
            Assert.NotEqual(hung, await device.Device.AgentPidAsync());
            await WaitUntilActiveAsync();
            await AssertSameAsync(vmms, vm);
        }
        finally
        {
            (await device.Device.RunAsync($"rm -r {DropInFolder(Unit)} && systemctl daemon-reload && systemctl restart {Unit}", s_limit)).Succeeded();
        }

        await AssertSameAsync(vmms, vm);
    }

    [Fact]
    public async Task Vmms_AreBesideTheService_WithTheirLimits()
    {
        int vmm = Assert.Single(await device.Device.VmmPidsAsync());
        // systemd looks after its part of the tree whenever units change.
        (await device.Device.RunAsync("systemctl daemon-reload")).Succeeded();

        Assert.Equal($"0::/microvm/{SystemdFixture.Vm}", (await device.Device.RunAsync($"cat /proc/{vmm}/cgroup")).Succeeded());
        string service = (await ShowAsync())["ControlGroup"];
        Assert.Equal($"/system.slice/{Unit}.service", service);
        Assert.Equal(
            $"{await device.Device.AgentPidAsync()}", (await device.Device.RunAsync($"cat /sys/fs/cgroup{service}/cgroup.procs")).Succeeded());
        string[] limits = (await device.Device.RunAsync(
            $"cd /sys/fs/cgroup/microvm/{SystemdFixture.Vm} && cat memory.max memory.swap.max pids.max cpu.weight ../memory.max")).Succeeded().Split('\n');
        Assert.InRange(long.Parse(limits[0], CultureInfo.InvariantCulture), 96L << 20, 128L << 20);
        Assert.Equal(("0", "130", "100"), (limits[1], limits[2], limits[3]));
        Assert.InRange(long.Parse(limits[4], CultureInfo.InvariantCulture), 512L << 20, 2048L << 20);
        Assert.Equal("-950", (await device.Device.RunAsync("cat /proc/$(pidof microvm-agent)/oom_score_adj")).Succeeded());
    }

    [Fact]
    public async Task Hardening_KeepsNothingFromWorking()
    {
        // The published port, the volume behind it, the way out and a program in the guest.
        Assert.StartsWith("started\n", await GetPageAsync(), StringComparison.Ordinal);
        string guest = await device.Mvm.MustAsync(
            "exec", $"{device.DeviceId}/{SystemdFixture.Vm}", "--", "/bin/sh", "-c",
            $"nc -w 5 10.0.2.2 {device.ControlPlane.ApiPort} </dev/null && echo outside reached; grep ' /data ' /proc/mounts | cut -d' ' -f3");
        Assert.Equal("outside reached\next4\n", guest);
        Assert.Equal("on the spot", (await device.Device.RunAsync($"microvm-agent exec {SystemdFixture.Vm} -- echo on the spot")).Succeeded());

        CommandResult doctor = await device.Device.RunAsync("microvm-agent doctor --json");
        using JsonDocument report = JsonDocument.Parse(doctor.Output);
        Assert.All(
            report.RootElement.GetProperty("checks").EnumerateArray(), static check => Assert.NotEqual("fail", check.GetProperty("status").GetString()));
        Assert.Equal(0, doctor.ExitCode);

        // What the unit asks for is so, for the agent and for the VMM that it started.
        string agent = (await device.Device.RunAsync("grep -E '^(NoNewPrivs|CapBnd):' /proc/$(pidof microvm-agent)/status")).Succeeded();
        Assert.Equal(agent, (await device.Device.RunAsync("grep -E '^(NoNewPrivs|CapBnd):' /proc/$(pidof microvm-vmm)/status")).Succeeded());
        Assert.Matches("NoNewPrivs:\\s1", agent);
        Assert.Equal("ro", (await device.Device.RunAsync("grep ' /usr ' /proc/$(pidof microvm-agent)/mounts | cut -d' ' -f4 | cut -d, -f1")).Succeeded());
    }

    [Fact]
    public async Task Release_ThatWorks_TakesOverUnderSystemd_OneThatCrashesGivesWay()
    {
        (IReadOnlyList<int> vmms, VmView vm) = await VmsAsync();
        int from = device.Device.AgentLog.Count;
        await _updates.StartAsync("0.1.1", await AgentReleaseBench.GoodAsync(device.Folder, "0.1.1"));
        await device.Device.AgentLog.WaitForAsync("the trial of agent 0.1.1 is over: it works and stays", s_limit, from);
        await _updates.WaitForPhaseAsync("Current");
        string program = (await device.Device.RunAsync("readlink -f /proc/$(pidof microvm-agent)/exe")).Succeeded();
        Assert.Matches("^/var/lib/microvm/slots/[ab]/microvm-agent$", program);
        await AssertSameAsync(vmms, vm);

        int restarts = await RestartsAsync();
        await _updates.StartAsync("9.0.0", await AgentReleaseBench.CrashingAsync(device.Folder, "9.0.0"));
        EventView failed = await device.Client.FollowDeviceEventsAsync(
            device.DeviceId, 0, "event of the failure", s_limit, static one => one.Reason == "AgentUpdateFailed");
        Assert.Contains("it did not stay up: started 5 times", failed.Message, StringComparison.Ordinal);
        await _updates.WaitForPhaseAsync("Failed");
        Assert.Equal(("0.1.1", "9.0.0"), await _updates.VersionsAsync());
        // The end of the agent before, and five of the one that crashes.
        Assert.Equal(restarts + 6, await RestartsAsync());
        await WaitUntilActiveAsync();
        await AssertSameAsync(vmms, vm);
    }

    [Fact]
    public async Task Device_PoweredOff_EndsItsVmsInOrderWithinATimeAndStartsThemAtTheNextBoot()
    {
        int vmm = Assert.Single(await device.Device.VmmPidsAsync());
        int stubborn = await StartStubbornVmmAsync();

        await device.Device.PowerOffAsync();
        await device.Device.BootAsync();
        await NestedHang.RetryOnceAsync(() => device.Device.AgentLog.WaitForAsync("workload started", DeviceFixture.RunningLimit), device.PowerCycleAsync);
        await device.WaitUntilCompleteAsync("report after the boot");

        Assert.EndsWith("asked to stop\nstarted\n", await GetPageAsync(), StringComparison.Ordinal);
        string[] ending = (await device.Device.RunAsync("journalctl --boot -1 --output cat --unit microvm-vms --unit microvm-agent --unit network.target"))
            .Succeeded().Split('\n');
        // In the order of the shell's names.
        string both = string.Join(' ', new[] { $"{vmm}", $"{stubborn}" }.Order(StringComparer.Ordinal));
        string[] expected =
        [
            "Stopped microvm-agent.service",
            $"microvm-stop-vms: pressing the power button of the VMs of processes {both}",
            $"microvm-stop-vms: the VM of process {stubborn} did not end within {StubbornSeconds} s and was killed",
            "Stopped microvm-vms.service",
            "Stopped target network.target",
        ];
        int agent = Array.FindLastIndex(ending, line => line.StartsWith(expected[0], StringComparison.Ordinal));
        Assert.Equal(
            expected, ending[agent..].SelectMany(line => expected.Where(start => line.StartsWith(start, StringComparison.Ordinal))));
    }

    /// <summary>Starts a process that looks like a VMM, where a VMM would be, and does not end when it is asked.</summary>
    private async Task<int> StartStubbornVmmAsync()
    {
        await DropInAsync("microvm-vms", $"ExecStop=\\nExecStop=/usr/lib/microvm/microvm-stop-vms {StubbornSeconds}");
        return int.Parse(
            (await device.Device.RunAsync(
                """
                cp /usr/bin/dash /run/microvm-vmm && mkdir /sys/fs/cgroup/stubborn
                /run/microvm-vmm -c 'trap "" TERM; while :; do sleep 1; done' >/dev/null 2>&1 &
                echo $! >/sys/fs/cgroup/stubborn/cgroup.procs
                echo $!
                """)).Succeeded(),
            CultureInfo.InvariantCulture);
    }

    private async Task<(IReadOnlyList<int> Vmms, VmView Vm)> VmsAsync() => (await device.Device.VmmPidsAsync(), await device.VmAsync());

    /// <summary>An agent that systemd started by itself adopts VMs a moment before it says that it is ready; systemctl waits for that.</summary>
    private async Task WaitUntilActiveAsync() =>
        (await device.Device.RunAsync($"until systemctl is-active --quiet {Unit}; do sleep 0.2; done", s_limit)).Succeeded();

    /// <summary>The service is active, its VMs are the same processes as before, and the device's next report says so.</summary>
    private async Task AssertSameAsync(IReadOnlyList<int> vmms, VmView vm)
    {
        Assert.Equal("active", (await ShowAsync())["ActiveState"]);
        await device.WaitUntilCompleteAsync("report after the agent's start");
        Assert.Equal(vmms, await device.Device.VmmPidsAsync());
        VmView now = await device.VmAsync();
        Assert.Equal((vm.Phase, vm.Restarts, vm.VmmPid), (now.Phase, now.Restarts, now.VmmPid));
    }

    private static string DropInFolder(string unit) => $"/run/systemd/system/{unit}.service.d";

    /// <summary>Changes a unit until it is taken back or the device is booted.</summary>
    private async Task DropInAsync(string unit, string lines)
    {
        string folder = DropInFolder(unit);
        (await device.Device.RunAsync($"mkdir -p {folder} && printf '[Service]\\n{lines}\\n' >{folder}/test.conf && systemctl daemon-reload")).Succeeded();
    }

    private async Task<int> RestartsAsync() => int.Parse((await ShowAsync())["NRestarts"], CultureInfo.InvariantCulture);

    private async Task<IReadOnlyDictionary<string, string>> ShowAsync()
    {
        const string properties = "Type,NotifyAccess,ActiveState,SubState,Result,MainPID,NRestarts,WatchdogUSec,ControlGroup,After";
        string shown = (await device.Device.RunAsync($"systemctl show -p {properties} {Unit}")).Succeeded();
        return shown.Split('\n').Select(static line => line.Split('=', 2)).ToDictionary(static pair => pair[0], static pair => pair[1]);
    }

    /// <summary>What the workload's web server answers, which after a boot begins a moment after the last report of the one before counts as complete.</summary>
    private async Task<string> GetPageAsync()
    {
        using HttpClient http = new();
        for (long began = Stopwatch.GetTimestamp(); ;)
        {
            try
            {
                return await http.GetStringAsync(new Uri($"http://127.0.0.1:{device.PublishedPort}/story"), TestContext.Current.CancellationToken);
            }
            catch (HttpRequestException) when (Stopwatch.GetElapsedTime(began) < s_limit)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
            }
        }
    }
}
