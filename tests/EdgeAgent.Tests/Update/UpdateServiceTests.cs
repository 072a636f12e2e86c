using System.Diagnostics;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Desired;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Identity;
using MicroVm.EdgeAgent.Programs;
using MicroVm.EdgeAgent.Reporting;
using MicroVm.EdgeAgent.Tests.Images;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Update;
using MicroVm.EdgeAgent.Vms;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Releases;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;
using MicroVm.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace MicroVm.EdgeAgent.Tests.Update;

/// <summary>A release from the control plane's side to the restart: fetched, verified, unpacked with tar, asked, switched to.</summary>
public sealed class UpdateServiceTests : IAsyncDisposable
{
    private static readonly ReleaseVersion s_version = ReleaseVersion.Parse("9.0.0");
    private readonly TempDirectory _directory = new();
    private readonly TestImageServer _server = new();
    private readonly HttpClient _http = new();
    private readonly FakeTimeProvider _time = new();
    private readonly ProcessWatcher _watcher = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly List<DeviceEvent> _events = [];
    private readonly TaskCompletionSource _restart = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SlotDirectory _slots;
    private readonly IdentityStore _identity;
    private readonly DesiredIntake _intake;
    private readonly ReleaseStore _releases;
    private readonly UpdateService _service;
    private readonly AgentOptions _options;
    private readonly AgentCounters _counters = new();
    private Task _running = Task.CompletedTask;

    public UpdateServiceTests()
    {
        _options = TestOptions.In(_directory);
        Directory.CreateDirectory(_options.RunDirectory);
        _identity = TestIdentity.Open(_options);
        _intake = new DesiredIntake(new MemoryStore(), _identity, new Refusals(), _counters, NullLogger.Instance);
        _slots = new SlotDirectory(_directory["data/slots"], AgentSlot.Base);
        _releases = new ReleaseStore(_directory["data/releases"], _identity, _http, _server.Address, _counters, NullLogger.Instance);
        _service = Make(_slots, new UpdateSurroundings(true, null, static () => true, static () => true));
        _intake.Changed += (_, _) => _service.OnChanged();
        _service.RestartNeeded += _restart.SetResult;
    }

    [Fact]
    public async Task Release_ThatIsDesired_IsInTheOtherSlotOnTrialWhenTheAgentEnds()
    {
        Desire(Serve(Script("microvm-agent 9.0.0")));
        _running = _service.RunAsync(_stop.Token);
        await Phase.Of("restart", _restart.Task);

        UpdateDiskState disk = _slots.Read();
        Assert.Equal((AgentSlot.A, AgentSlot.A, AgentSlot.Base), (disk.Current, disk.Trial?.Candidate, disk.Trial?.Previous));
        Assert.True(disk.Trial!.WasConnected);
        Assert.Equal(
            AgentFiles.Required.Append(SlotDirectory.ReleaseFile).Order(StringComparer.Ordinal),
            Directory.EnumerateFiles(_slots.FolderOf(AgentSlot.A)).Select(static file => Path.GetFileName(file)).Order(StringComparer.Ordinal));
        Assert.True(File.GetUnixFileMode(Path.Combine(_slots.FolderOf(AgentSlot.A), AgentFiles.Agent)).HasFlag(UnixFileMode.UserExecute));
        Assert.Equal(2, _server.Requests.Count);
    }

    [Fact]
    public async Task Release_ThatSomebodyBrought_IsTriedWithoutANetwork()
    {
        AgentManifest manifest = Serve(Script("microvm-agent 9.0.0"));
        AgentTarget target = new(manifest.Version, manifest.Digest, manifest.SizeBytes);
        Assert.Equal(AgentPhase.Fetching, _service.Judge(target).Phase);
        File.WriteAllBytes(_releases.ArtifactOf(manifest.Digest), _server.Content);
        _releases.KeepManifest(manifest.Digest, TestFleet.Shared.SignRelease(MachineArchitecture.Current, manifest.Encode()));
        Desire(manifest);
        _running = _service.RunAsync(_stop.Token);
        await Phase.Of("restart", _restart.Task);

        Assert.Equal(AgentSlot.A, _slots.Read().Current);
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public void Judge_OfAReleaseThatIsOfNoUse_SaysWhy()
    {
        AgentTarget older = new(ReleaseVersion.Parse("0.0.1"), Digest.Of("older"u8), 1);
        Assert.Equal((AgentPhase.Refused, older.Digest), (_service.Judge(older).Phase, _service.Judge(older).Digest));
        _slots.RememberFailure(new FailedRelease(s_version, Digest.Of("bad"u8), "it did not stay up"));
        Assert.Equal("it did not stay up", _service.Judge(new AgentTarget(s_version, Digest.Of("bad"u8), 1)).Message);
        Assert.Equal(AgentPhase.Fetching, _service.Judge(new AgentTarget(s_version, Digest.Of("good"u8), 1)).Phase);
        _slots.Arm(new UpdateTrial(AgentSlot.Base, AgentSlot.A, s_version, Digest.Of("on trial"u8), true));
        Assert.Equal(AgentPhase.Fetching, _service.Judge(new AgentTarget(s_version, Digest.Of("good"u8), 1)).Phase);
    }

    [Fact]
    public async Task Release_WhoseAgentSaysAnotherVersion_IsRememberedAsFailedAndReported()
    {
        Desire(Serve(Script("microvm-agent 8.0.0")));
        await RunUntilAsync(AgentPhase.Failed);

        Assert.Contains("expected microvm-agent 9.0.0, found exit code 0 and 'microvm-agent 8.0.0'", _service.Status.Message, StringComparison.Ordinal);
        Assert.Equal(_intake.Current.Agent!.Digest, _slots.Read().Failed!.Digest);
        Assert.Equal((true, "AgentUpdateFailed"), (Assert.Single(_events).IsWarning, _events[0].Reason));
        Assert.Equal(AgentSlot.Base, _slots.Read().Current);
    }

    [Fact]
    public async Task Release_WithAFileThatNobodyNamed_IsRememberedAsFailed()
    {
        File.WriteAllText(Folder("surplus"), "x");
        Desire(Serve(Script("microvm-agent 9.0.0"), "surplus"));
        await RunUntilAsync(AgentPhase.Failed);
        Assert.Contains("surplus", _service.Status.Message, StringComparison.Ordinal);
        await Phase.Of("rest", Until(() => !Directory.EnumerateFileSystemEntries(_slots.Path).Any(static entry => Directory.Exists(entry))));
    }

    [Fact]
    public async Task Manifest_OfAnotherSigner_IsRefusedAndAskedForAgainLater()
    {
        using TestFleet stranger = new();
        AgentManifest manifest = Pack(Script("microvm-agent 9.0.0"));
        _server.Others["/manifest"] = stranger.SignRelease(MachineArchitecture.Current, manifest.Encode());
        Desire(manifest);
        _running = _service.RunAsync(_stop.Token);
        await Phase.Of("refusal", Until(() => _service.Status.Message.Contains("signing key", StringComparison.Ordinal)));

        Assert.Equal(AgentPhase.Fetching, _service.Status.Phase);
        _server.Others["/manifest"] = TestFleet.Shared.SignRelease(MachineArchitecture.Current, manifest.Encode());
        _service.OnChanged();
        await Phase.Of("restart", _restart.Task);
    }

    /// <summary>What is on the disk already needs no room again.</summary>
    [Fact]
    public async Task Artifact_ThatBrokeOff_NeedsRoomForTheRestAlone()
    {
        AgentManifest manifest = Serve(Script("microvm-agent 9.0.0"));
        AgentTarget target = new(manifest.Version, manifest.Digest, manifest.SizeBytes);
        ulong room = manifest.SizeBytes + manifest.UnpackedBytes + (16 << 20) - 100;
        ReleaseStore releases = new(_directory["data/releases"], _identity, _http, _server.Address, _counters, NullLogger.Instance) { AvailableBytes = () => room };
        Assert.StartsWith("NoSpace: ", (await releases.FetchAsync(target, _stop.Token))!.Message, StringComparison.Ordinal);

        File.WriteAllBytes(releases.Artifacts.PartialPathOf(manifest.Digest), _server.Content[..100]);
        Assert.Null(await releases.FetchAsync(target, _stop.Token));
        Assert.Equal("bytes=100-", _server.Requests[^1].Range);
    }

    [Fact]
    public async Task Downgrade_ThatNobodyAllowed_IsReportedAndSaidOnce()
    {
        AgentManifest manifest = Serve(Script("microvm-agent 9.0.0"));
        Desire(manifest with { Version = ReleaseVersion.Parse("0.0.1") });
        await RunUntilAsync(AgentPhase.Refused);
        Assert.Equal("AgentUpdateRefused", Assert.Single(_events).Reason);
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public async Task Release_WhereTheLauncherReadsOtherSlots_IsRefusedWithTheReason()
    {
        string fault = Launcher.Difference("/var/lib/microvm", _options.DataDirectory)!;
        UpdateService service = Make(_slots, new UpdateSurroundings(true, fault, static () => true, static () => true));
        Desire(Serve(Script("microvm-agent 9.0.0")));
        _running = service.RunAsync(_stop.Token);
        await Phase.Of("refusal", Until(() => service.Status.Phase == AgentPhase.Refused));

        Assert.Equal(fault, service.Status.Message);
        Assert.Contains($"the slots in /var/lib/microvm (MICROVM_DATA), but this agent has its own in {_options.DataDirectory} (dataDirectory)", fault, StringComparison.Ordinal);
        Assert.Empty(_server.Requests);
    }

    [Fact]
    public async Task Agent_ThatBeginsWhereTheCandidateShould_GoesBackAndRemembersIt()
    {
        AgentManifest manifest = Serve(Script("microvm-agent 9.0.0"));
        _slots.Clear(AgentSlot.A);
        _slots.Complete(AgentSlot.A, new SlotRelease(s_version, manifest.Digest));
        _slots.Arm(new UpdateTrial(AgentSlot.Base, AgentSlot.A, s_version, manifest.Digest, true));
        _slots.Switch(AgentSlot.A);
        Desire(manifest);
        await RunUntilAsync(AgentPhase.Failed);

        UpdateDiskState disk = _slots.Read();
        Assert.Equal((AgentSlot.Base, manifest.Digest), (disk.Current, disk.Failed?.Digest));
        Assert.False(_restart.Task.IsCompleted);
    }

    /// <summary>A full disk takes neither the reason nor, after that, a count.</summary>
    [Fact]
    public async Task Candidate_ThatCannotWriteDownWhyItGivesUp_SwitchesBackAllTheSame()
    {
        Directory.CreateDirectory(_slots.Path);
        _slots.Arm(new UpdateTrial(AgentSlot.Base, AgentSlot.A, s_version, Digest.Of("new"u8), true));
        _slots.Switch(AgentSlot.A);
        Directory.CreateDirectory(Path.Combine(_slots.Path, "trial.new"));
        UpdateService service = Make(
            new SlotDirectory(_slots.Path, AgentSlot.A), new UpdateSurroundings(true, null, static () => false, static () => true));
        service.RestartNeeded += _restart.SetResult;
        _time.Advance(TimeSpan.FromSeconds(300));
        _running = service.RunAsync(_stop.Token);
        await Phase.Of("restart", _restart.Task);

        Assert.Equal(AgentSlot.Base, _slots.Read().Current);
        Assert.Equal("not connected within 300 s", service.Status.Message);
    }

    [Fact]
    public void Launcher_DataDirectoryByAnotherPath_IsTheSame()
    {
        Directory.CreateDirectory(_options.DataDirectory);
        File.CreateSymbolicLink(_directory["link"], _options.DataDirectory);
        Assert.Null(Launcher.Difference(_options.DataDirectory + "/", _options.DataDirectory));
        Assert.Null(Launcher.Difference(_directory["link"], _options.DataDirectory));
        Assert.NotNull(Launcher.Difference(_options.RunDirectory, _options.DataDirectory));
        Assert.NotNull(Launcher.Difference(_directory["none"], _options.DataDirectory));
        Assert.NotNull(Launcher.Difference(_directory["none"], _directory["neither"]));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _watcher.Dispose();
        _http.Dispose();
        await _server.DisposeAsync();
        _stop.Dispose();
        _directory.Dispose();
    }

    private static string Script(string version) => $"#!/bin/sh\n[ \"$1\" != --version ] || echo '{version}'\n";

    private static async Task Until(Func<bool> holds)
    {
        while (!holds())
        {
            await Task.Yield();
        }
    }

    private UpdateService Make(SlotDirectory slots, UpdateSurroundings surroundings) => new(
        UpdateOptions.Default,
        slots,
        _releases,
        new ReleaseUnpacker(new HostPrograms(_watcher, _options.RunDirectory)),
        new ReleaseCheck(_watcher, _options.RunDirectory, "/etc/agent.json", TimeProvider.System),
        _intake,
        new PauseSwitch(_options.DataDirectory),
        surroundings,
        new EventLog(_events.Add, _time),
        _time,
        NullLogger.Instance);

    private async Task RunUntilAsync(AgentPhase phase)
    {
        _running = _service.RunAsync(_stop.Token);
        await Phase.Of($"{phase}", Until(() => _service.Status.Phase == phase));
    }

    private void Desire(AgentManifest manifest)
    {
        DesiredState state = DesiredState.Empty with { Generation = 1, Agent = new AgentTarget(manifest.Version, manifest.Digest, manifest.SizeBytes) };
        Assert.Equal(
            IntakeResult.Accepted,
            _intake.Offer(TestFleet.Shared.SignDesired(_options.DeviceId, DesiredEnvelope.Of(1, state.Encode()).Encode())));
    }

    private AgentManifest Serve(string agent, params string[] more)
    {
        AgentManifest manifest = Pack(agent, more);
        _server.Others["/manifest"] = TestFleet.Shared.SignRelease(MachineArchitecture.Current, manifest.Encode());
        return manifest;
    }

    private string Folder(string name)
    {
        Directory.CreateDirectory(_directory["release"]);
        return Path.Combine(_directory["release"], name);
    }

    /// <summary>Packs a release and has its artifact served.</summary>
    private AgentManifest Pack(string agent, params string[] more)
    {
        foreach (string name in AgentFiles.Required)
        {
            File.WriteAllText(Folder(name), name == AgentFiles.Agent ? agent : "#!/bin/sh\n");
        }

        string artifact = _directory["release.tar.gz"];
        using (Process tar = Process.Start("tar", ["-czf", artifact, "-C", _directory["release"], .. AgentFiles.Required, .. more]))
        {
            tar.WaitForExit();
            Assert.Equal(0, tar.ExitCode);
        }

        byte[] content = File.ReadAllBytes(artifact);
        _server.Content = content;
        return new AgentManifest(
            s_version,
            MachineArchitecture.Current,
            Digest.Of(content),
            (ulong)content.Length,
            [.. AgentFiles.Required.Select(name => new AgentFile(name, (ulong)new FileInfo(Folder(name)).Length, Digest.Of(File.ReadAllBytes(Folder(name)))))]);
    }
}
