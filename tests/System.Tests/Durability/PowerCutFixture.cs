using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using MicroVm.Shared.Contracts.Api;
using MicroVm.TestKit;

namespace MicroVm.SystemTests.Durability;

/// <summary>A device whose disk forgets at a power cut what it was not told to keep, and the VMs that it should have.</summary>
public sealed partial class PowerCutFixture : DeviceFixture
{
    internal const string Counter = "counter", Second = "second";

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_writesLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(120);

    private readonly string _folder = Directory.CreateTempSubdirectory("mvm-disk-").FullName;
    private readonly SortedDictionary<string, int> _desired = new(StringComparer.Ordinal);
    private LossyDisk _disk = null!;

    internal override string DeviceId => "edge-cut";

    internal override VirtualDeviceOptions Adjust(VirtualDeviceOptions options)
    {
        string file = Path.Combine(_folder, "disk.raw");
        using (FileStream disk = new(file, FileMode.CreateNew))
        {
            disk.SetLength(2L << 30);
        }

        using Process make = Process.Start("mke2fs", ["-q", "-t", "ext4", "-F", file]);
        make.WaitForExit();
        Assert.Equal(0, make.ExitCode);
        _disk = new LossyDisk(file, Path.Combine(_folder, "nbd"));
        return options with { Disk = $"nbd+unix:///?socket={_disk.SocketPath}" };
    }

    internal override async Task PrepareAsync() => await Device.AgentLog.WaitForAsync(" connected to ", s_startLimit);

    internal override async Task PowerCycleAsync()
    {
        await Device.KillAsync();
        _disk.Cut(new Random(0));
        await Device.BootAsync();
    }

    internal override async ValueTask CloseAsync()
    {
        if (_disk is not null)
        {
            await _disk.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>A workload that counts on its volume: each number is on the disk before it is said to be. It posts numbers of its own, too.</summary>
    internal Task ApplyCounterAsync(int number) => ApplyAsync(
        Counter,
        number,
        $"""
            args:
            - /bin/sh
            - -c
            - |
              n=$(busybox cat /data/n 2>/dev/null || echo 0)
              echo "found $n by {number}"
              {Post}
              while :; do
                n=$((n + 1))
                echo $n >/data/n.new && busybox sync && busybox mv /data/n.new /data/n && busybox sync && echo "synced $n"
                busybox sleep 1
              done
            memory: 96MiB
            terminationGracePeriod: 2s
            volumes: [{"{"}name: data, size: {16 + number}MiB, path: /data{"}"}]
        """);

    internal Task ApplySecondAsync(int number) => ApplyAsync(
        Second, number, $"    args: [\"/bin/sh\", \"-c\", \"echo this is {number}; exec busybox sleep 100000\"]\n    memory: 96MiB\n    terminationGracePeriod: 2s");

    internal async Task DeleteAsync(string name)
    {
        if (_desired.Remove(name))
        {
            await Mvm.MustAsync("delete", "deployment", name);
        }
    }

    /// <summary>The last number that the counter said to be on the disk, -1 when nobody heard one, and the cursor of the last line.</summary>
    internal async Task<(long Number, long Cursor)> LastSyncedAsync()
    {
        try
        {
            IReadOnlyList<LogEntryView> lines = await Client.GetLogsAsync(DeviceId, Counter, 200);
            return (lines.Select(static line => NumberIn(line.Text, Synced())).DefaultIfEmpty(-1).Max(), lines.Count > 0 ? lines[^1].Cursor : 0);
        }
        catch (HttpRequestException)
        {
            // It was never there, or the device is not to be reached now.
            return (-1, long.MaxValue);
        }
    }

    /// <summary>What the first run of the counter after a line found on its volume; null when none was started since.</summary>
    internal async Task<long?> FoundAfterAsync(long cursor)
    {
        if (!_desired.ContainsKey(Counter))
        {
            return null;
        }

        LogEntryView? first = (await Client.GetLogsAsync(DeviceId, Counter, 1000)).FirstOrDefault(line => line.Cursor > cursor && Found().IsMatch(line.Text));
        return first is null ? null : NumberIn(first.Text, Found());
    }

    /// <summary>Cuts the power and boots, or kills the agent; returns when the next agent has said what it holds.</summary>
    /// <remarks>Most cuts are at one of the next writes to the disk, half done: the cache is empty nearly all of the time.</remarks>
    internal async Task<string> CutAsync(Random random, ulong reported)
    {
        string what;
        int from = 0, kind = random.Next(6);
        if (kind is > 0 and < 5)
        {
            // A device at rest may not write that much.
            await Task.WhenAny(_disk.StopAfter(1 + random.Next(30)), Task.Delay(s_writesLimit));
        }

        if (kind == 0)
        {
            from = Device.AgentLog.Count;
            await Device.KillAgentAsync();
            what = "the agent was killed";
        }
        else
        {
            await Device.KillAsync();
            (int unflushed, int lost) = _disk.Cut(random);
            what = $"the power was cut ({unflushed} blocks unflushed, {lost} of them lost)";
            await Device.BootAsync();
        }

        string line = await Device.AgentLog.WaitForAsync("holds generation", s_startLimit, from);
        ulong held = ulong.Parse(Generation().Match(line).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.True(held >= reported, $"{what}: generation {reported} was reported, the next agent holds {held}");
        return what;
    }

    /// <summary>Waits until the device is online and reports every VM that it should have, running in the right revision, and no other.</summary>
    internal async Task WaitUntilAsDesiredAsync(string where)
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            DeviceView view = await Client.GetDeviceAsync(DeviceId);
            string has = string.Join(' ', view.Vms.Select(static vm => $"{vm.Name}={vm.Phase}"));
            if (view is { Online: true, Condition: "" } && view.ObservedGeneration == view.DesiredGeneration
                && has == string.Join(' ', _desired.Keys.Select(static name => $"{name}=Running"))
                && await HaveRevisionsAsync())
            {
                return;
            }

            if (Stopwatch.GetElapsedTime(began) > RunningLimit)
            {
                throw new PhaseTimeoutException(where, RunningLimit, $"online {view.Online}, {view.ObservedGeneration} of {view.DesiredGeneration}, {has}; {view.Condition}");
            }

            await Task.Delay(s_look);
        }
    }

    /// <summary>Looks on the device itself.</summary>
    internal async Task AssertNothingElseAsync(string where)
    {
        // Busybox has no better way to see arguments with their ends.
        string found = (await Device.RunAsync("""
            for pid in $(pidof microvm-vmm); do tr '\0' '\n' </proc/$pid/cmdline | grep -A 1 '^--id$' | tail -n 1 | sed 's/^/vmm /'; done | sort
            for dir in /run/microvm/*/; do [ ! -d "$dir" ] || echo "run $(basename "$dir")"; done
            for dir in /sys/fs/cgroup/microvm/*/; do [ ! -d "$dir" ] || echo "cgroup $(basename "$dir")"; done
            ls /sys/class/net | grep -c '^mvm.' | sed 's/^/links /'
            find /var/lib/microvm/volumes /var/lib/microvm/images /run/microvm -name '*.new' -o -name '*.partial' -o -name '.*.out' 2>/dev/null | sed 's/^/left /'
            ls /var/lib/microvm/images | wc -l | sed 's/^/images /'
            """)).Succeeded();
        int links = _desired.Count == 0 ? 0 : _desired.Count + 1;
        string[] expected =
        [
            .. _desired.Keys.Select(static name => $"vmm {name}"), .. _desired.Keys.Select(static name => $"run {name}"),
            .. _desired.Keys.Select(static name => $"cgroup {name}"), $"links {links}", $"images {Math.Min(1, _desired.Count)}",
        ];
        Assert.True(
            string.Join('\n', expected) == string.Join('\n', found.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)),
            $"{where}: expected\n{string.Join('\n', expected)}\nfound\n{found}");
    }

    private async Task<bool> HaveRevisionsAsync()
    {
        foreach ((string name, int number) in _desired)
        {
            string line = name == Counter ? $" by {number}" : $"this is {number}";
            try
            {
                if (!(await Client.GetLogsAsync(DeviceId, name, 1000)).Any(entry => entry.Text.EndsWith(line, StringComparison.Ordinal)))
                {
                    return false;
                }
            }
            catch (HttpRequestException)
            {
                // A log is on its device, which is not to be reached at the moment.
                return false;
            }
        }

        return true;
    }

    private async Task ApplyAsync(string name, int number, string workload)
    {
        using HttpResponseMessage answer = await Client.ApplyAsync(
            $"""
            apiVersion: microvm/v1
            kind: Deployment
            metadata:
              name: {name}
            spec:
              selector:
                matchLabels: {"{"}device: {DeviceId}{"}"}
              workload:
                kind: Service
                image: hello:1
            {workload}
            """);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        _desired[name] = number;
    }

    private static long NumberIn(string text, Regex pattern) =>
        pattern.Match(text) is { Success: true } match ? long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : -1;

    [GeneratedRegex(@"^synced (\d+)$")]
    private static partial Regex Synced();

    [GeneratedRegex(@"^found (\d+) by ")]
    private static partial Regex Found();

    [GeneratedRegex(@"holds generation (\d+)")]
    private static partial Regex Generation();
}
