using System.Diagnostics;
using MicroVm.Shared.Contracts.Api;
using MicroVm.TestKit;

namespace MicroVm.SystemTests.Workloads;

/// <summary>What an author and an operator expect of a workload, on a device with real VMs, networks and disks.</summary>
public abstract class WorkloadStory(WorkloadFixture device)
{
    private static readonly TimeSpan s_lineLimit = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task WebServer_ThroughItsPublishedPort_AnswersFromOutsideTheDevice() => Assert.Equal("first\n", await GetPageAsync());

    [Theory]
    [InlineData(WorkloadFixture.Friend, "peer says first", "peer refused")]
    [InlineData(WorkloadFixture.Friend, "outside refused", "outside reached")]
    [InlineData(WorkloadFixture.Stranger, "peer refused", "peer says first")]
    [InlineData(WorkloadFixture.Stranger, "outside reached", "outside refused")]
    public async Task Vm_ReachesWhatItMayAndNothingElse(string vm, string expected, string never)
    {
        LogEntryView[] earlier = [.. await device.Client.GetLogsAsync(device.DeviceId, vm, 1)];
        LogEntryView said = await FollowAsync(vm, earlier.LastOrDefault()?.Cursor ?? 0, line => line == expected || line == never);

        Assert.Equal(expected, said.Text);
    }

    [Fact]
    public async Task Secret_IsInTheGuestAsVariableAndFile_AndOnNoDiskOfTheDevice()
    {
        Assert.Equal(
            $"{WorkloadFixture.Password}\n400 0\n",
            await ExecAsync(WorkloadFixture.Web, "/bin/sh", "-c", "cat /run/secrets/password; echo; stat -c '%a %u' /run/secrets/password"));
        LogEntryView line = await FollowAsync(WorkloadFixture.Web, 0, static line => line.StartsWith("revision one", StringComparison.Ordinal));
        Assert.EndsWith($"a password of {WorkloadFixture.Password.Length} characters", line.Text);

        // Found by a pattern that does not match itself, in every file of the device's disk and of its run directory.
        CommandResult found = await device.Device.RunAsync("grep -rls 'correct-horse-battery-stapl[e]' /var/lib/microvm /run /etc");
        Assert.Equal("", found.Output.Trim());
    }

    [Fact]
    public async Task Exec_WithoutATerminal_IsBinaryCleanAndGivesTheExitCode()
    {
        Mvm.Result result = await device.Mvm.RunAsync(
            "exec", $"{device.DeviceId}/{WorkloadFixture.Web}", "--", "/bin/sh", "-c", "printf 'a\\000b'; echo oops >&2; exit 7");

        Assert.Equal((7, "a\0b", "oops\n"), (result.ExitCode, result.Output, result.Error));
    }

    [Fact]
    public async Task Exec_WithATerminal_HasASizeATypedLineAndTheExitCode()
    {
        // script(1) gives mvm the terminal that a person has.
        using Process process = device.Mvm.Start(
            "script", "-qec", $"stty rows 40 cols 100; {Artifacts.Mvm} exec -it {device.DeviceId}/{WorkloadFixture.Web} -- /bin/sh", "/dev/null");
        // Somebody types when there is a prompt.
        string greeting = "";
        char[] read = new char[1];
        while (!greeting.EndsWith("# ", StringComparison.Ordinal)
            && await process.StandardOutput.ReadAsync(read, TestContext.Current.CancellationToken).AsTask().WaitAsync(s_lineLimit, TestContext.Current.CancellationToken) > 0)
        {
            greeting += read[0];
        }

        await process.StandardInput.WriteAsync("tty; stty size; echo typed-$((40+2))\nexit 9\n");
        await process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);

        string output = greeting + await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(s_lineLimit, TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Contains("/dev/pts/", output, StringComparison.Ordinal);
        Assert.Contains("40 100", output, StringComparison.Ordinal);
        Assert.Contains("typed-42", output, StringComparison.Ordinal);
        Assert.Equal(9, process.ExitCode);
    }

    [Fact]
    public async Task Volume_IsKeptWhenItsVmIsReplaced()
    {
        await ExecAsync(WorkloadFixture.Web, "/bin/sh", "-c", "echo kept >/data/kept && sync");
        int revision = (await device.Client.GetDeviceAsync(device.DeviceId)).Vms.Single(static vm => vm.Name == WorkloadFixture.Web).Revision;

        await device.ApplyAsync(WebManifest().Replace("REVISION: \"one\"", "REVISION: \"two\"", StringComparison.Ordinal));
        await FollowAsync(WorkloadFixture.Web, 0, static line => line.StartsWith("revision two", StringComparison.Ordinal));
        await device.WaitForVmAsync(WorkloadFixture.Web, "web is replaced", vm => vm.Revision == revision + 1 && vm is { Ready: true, Phase: "Running" });

        Assert.Equal("kept\n", await ExecAsync(WorkloadFixture.Web, "/bin/cat", "/data/kept"));
        Assert.Equal("first\n", await GetPageAsync());
        await device.ApplyAsync(WebManifest());
        await device.WaitForVmAsync(WorkloadFixture.Web, "web is as before", vm => vm.Revision == revision + 2 && vm is { Ready: true, Phase: "Running" });
    }

    [Fact]
    public async Task PowerCut_InTheMiddleOfVolumeWrites_KeepsEverythingThatWasSynced()
    {
        const string Write = "i=0; while :; do i=$((i+1)); echo $i | dd of=/data/counted oflag=append conv=notrunc,fsync 2>/dev/null && echo $i; done";
        await ExecAsync(WorkloadFixture.Web, "/bin/rm", "-f", "/data/counted");
        int synced = 0;
        using (Process writer = device.Mvm.Start(Artifacts.Mvm, "exec", $"{device.DeviceId}/{WorkloadFixture.Web}", "--", "/bin/sh", "-c", Write))
        {
            while (synced < 25)
            {
                string line = await writer.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(s_lineLimit, TestContext.Current.CancellationToken)
                    ?? throw new InvalidOperationException($"the writer ended: {await writer.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken)}");
                synced = int.Parse(line, System.Globalization.CultureInfo.InvariantCulture);
            }

            await device.Device.KillAsync();
            // What came out of the guest before the cut was synced there before it was said.
            while (await writer.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is string line && int.TryParse(line, out int more))
            {
                synced = more;
            }
        }

        await device.Device.BootAsync();
        await NestedHang.RetryOnceAsync(device.WaitUntilStartedAsync, device.PowerCycleAsync);

        string[] lines = (await ExecAsync(WorkloadFixture.Web, "/bin/cat", "/data/counted")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines.Length >= synced, $"expected at least {synced} lines, which were synced before the cut, found {lines.Length}");
        Assert.Equal(Enumerable.Range(1, synced).Select(number => $"{number}"), lines.Take(synced));
        Assert.Equal("first\n", await GetPageAsync());
    }

    /// <summary>The whole manifest, of which web is the first document.</summary>
    private string WebManifest() => WorkloadFixture.Manifest("workloads.yaml", device.DeviceId, device.ControlPlane.ApiPort);

    private async Task<string> GetPageAsync()
    {
        using HttpClient http = new();
        return await http.GetStringAsync(new Uri($"http://127.0.0.1:{device.PublishedPort}/"), TestContext.Current.CancellationToken);
    }

    private Task<string> ExecAsync(string vm, params string[] command) =>
        device.Mvm.MustAsync(["exec", $"{device.DeviceId}/{vm}", "--", .. command]);

    private Task<LogEntryView> FollowAsync(string vm, long after, Func<string, bool> wanted) =>
        device.Client.FollowLogsAsync(device.DeviceId, vm, after, $"a line of {vm}", s_lineLimit, entry => wanted(entry.Text));
}
