using Microsoft.Extensions.Logging;
using MicroVm.EdgeAgent.Bundles;
using MicroVm.EdgeAgent.Cgroups;
using MicroVm.EdgeAgent.Commands;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Desired;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Doctor;
using MicroVm.EdgeAgent.Execution;
using MicroVm.EdgeAgent.Identity;
using MicroVm.EdgeAgent.Images;
using MicroVm.EdgeAgent.Local;
using MicroVm.EdgeAgent.Logs;
using MicroVm.EdgeAgent.Mqtt;
using MicroVm.EdgeAgent.Networks;
using MicroVm.EdgeAgent.Networks.Links;
using MicroVm.EdgeAgent.Networks.Names;
using MicroVm.EdgeAgent.Observed;
using MicroVm.EdgeAgent.Programs;
using MicroVm.EdgeAgent.Reconcile;
using MicroVm.EdgeAgent.Reporting;
using MicroVm.EdgeAgent.Sessions;
using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Telemetry;
using MicroVm.EdgeAgent.Telemetry.Clocks;
using MicroVm.EdgeAgent.Telemetry.Workloads;
using MicroVm.EdgeAgent.Update;
using MicroVm.EdgeAgent.Vms;
using MicroVm.EdgeAgent.Vms.Control;
using MicroVm.EdgeAgent.Vms.Guest;
using MicroVm.EdgeAgent.Volumes;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Hosting;

/// <summary>
/// The whole agent, wired by hand. Nothing that runs VMs waits for the network: records and desired state come from the
/// store, VMs that run are adopted first, then everything is reconciled, then the link begins.
/// </summary>
internal sealed class AgentHost : IAsyncDisposable
{
    /// <summary>How long VMs may take to end before a wipe, and, when they are killed then, how long that may take.</summary>
    private static readonly TimeSpan s_wipeLimit = TimeSpan.FromMinutes(2), s_killLimit = TimeSpan.FromSeconds(10);

    private readonly AgentOptions _options;
    private readonly IAgentStore _store;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly UplinkSequence _sequence;
    private readonly IdentityStore _identity;
    private readonly IdentityKeeper _keeper;
    private readonly CommandIntake _commands;
    private readonly Refusals _refusals = new();
    private readonly TaskCompletionSource _decommissioned = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly DesiredIntake _intake;
    private readonly ProcessWatcher _watcher = new();
    private readonly HttpClient _http;
    private readonly TelemetryCollector _collector;
    private readonly TelemetryPublisher _publisher;
    private readonly SamplingLoop _sampling;
    private readonly MetricServers _metrics;
    private readonly HostPrograms _programs;
    private readonly VolumeStore _volumes;
    private readonly VmNetworks _networks;
    private readonly NameService _names;
    private readonly VmTable _table;
    private readonly EventLog _events;
    private readonly VmSupervisor _supervisor;
    private readonly OutputCap _outputs;
    private readonly VmAdoption _adoption;
    private readonly MemoryAdmission _memory;
    private readonly ElasticMemory _elastic;
    private readonly VmReconciler _reconciler;
    private readonly ReconcileQueue<ResourceName> _queue;
    private readonly MqttLink _link;
    private readonly Reporter _reporter;
    private readonly PrefetchLoop _prefetch;
    private readonly StartCheck _startCheck;
    private readonly PauseSwitch _pause;
    private readonly LogStore _logs;
    private readonly LocalServer _local;
    private readonly ServiceNotifier _notifier = ServiceNotifier.OfEnvironment();
    private readonly HealthLoop _health;
    private readonly UpdateService _updates;
    private readonly SessionService _sessions;

    internal AgentHost(AgentOptions options, DataDirectory directory, IAgentStore store, TimeProvider time, ILoggerFactory logging, HostNetwork? network = null)
    {
        _options = options;
        _store = store;
        _time = time;
        _logger = logging.CreateLogger("agent");
        AgentCounters counters = Counters;
        ProcFileSystem proc = new();
        _sequence = new UplinkSequence(Guid.NewGuid(), time);
        _identity = new IdentityStore(new IdentityFiles(directory.IdentityPath), options.DeviceId);
        _identity.Open();
        _keeper = new IdentityKeeper(_identity, new EnrolmentClient(options, _identity, time), time, _logger);
        ClientTls tls = new(_identity, time);
        _intake = new DesiredIntake(store, _identity, _refusals, counters, _logger);
        _table = new VmTable(store);
        DeviceClock clock = new(proc.ReadKernelBootId(), time);
        BootTimeKeeper boots = new(store, clock);
        _collector = new TelemetryCollector(store, options.Spool, _sequence, clock, counters, time, _logger);
        _events = new EventLog(_collector.AddEvent, time);

        VmPaths paths = new(options);
        _logs = new LogStore(paths.LogDirectory, options.Logs, counters, time, _logger);
        new VmEvents(_events, vm => _logs.Last(vm, VmEventDecisions.LastLines)).Attach(_table);
        VmCgroups cgroups = VmCgroups.Open(options.CgroupParent, proc, _logger);
        VmmLauncher launcher = new(options, paths, _watcher, cgroups);
        _programs = new HostPrograms(_watcher, options.RunDirectory);
        _volumes = new VolumeStore(directory.VolumesPath, _programs, _logger);
        network ??= new HostNetwork(new HostLinks(), new Nftables(_programs, options.RunDirectory), new Forwarding(options.RunDirectory));
        _networks = new VmNetworks(
            options.Network, store, network.Links, network.Firewall, network.Forwarding, _logger, () => _intake.Current.Vms);
        _names = new NameService(_networks, new NameRelay(new HostResolvers(), time), counters, time, _logger);
        DesiredSecrets secrets = new(_intake, _identity, options.DeviceId);
        GuestConfigBuilder configs = new(_networks.Find, secrets);
        VmmOrphans orphans = new(proc, _watcher.Watch, paths, counters, time, _logger);
        _supervisor = new VmSupervisor(_table, paths, launcher, orphans, configs, proc, _logs, counters, time, _logger);
        _outputs = new OutputCap(_table, paths, time, _logger);
        _adoption = new VmAdoption(store, _table, _supervisor, _watcher, proc, paths, _networks, orphans, time, _logger);

        _pause = new PauseSwitch(directory.Path);
        ImageStore images = new(directory.ImagesPath, _logger);
        _http = new HttpClient(new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(10),
            MaxConnectionsPerServer = 2,
            PooledConnectionLifetime = TimeSpan.FromMinutes(10),
            SslOptions = tls.Options(null),
        })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        ImageFetcher fetcher = new(images, _http, options.ControlPlane.ApiUrl, counters, _logger);
        VmPreparer preparer = new(_volumes, _networks, secrets, _logger);
        HostSampler host = new(proc, directory.Path);
        _memory = new MemoryAdmission(Wanted, _table, options.MemoryBudgetMib > 0 ? options.MemoryBudgetMib : host.ReadMemory().BudgetMib);
        cgroups.LimitAll(_memory.BudgetMib);
        IStepExecutor[] executors =
        [
            new FetchImageExecutor(images, fetcher, _table, time),
            new StartVmExecutor(images, preparer, _supervisor, _table, _memory, time),
            new StopVmExecutor(new VmStopper(_table, counters, time, _logger)),
            new RemoveVmExecutor(_table, paths, _networks, _logger),
            new RefuseVmExecutor(_table),
            new ScheduleJobExecutor(_table, _events),
            new RemarkVmExecutor(_table),
        ];
        _elastic = new ElasticMemory(_table, _memory, paths, new VmmApi(time), proc, time, _logger);
        _reconciler = new VmReconciler(_intake, _pause, _table, images, _memory, preparer, executors, time, _logger, _stopping.Token);
        ReconcileProbe probe = new(_reconciler.ReconcileAsync);
        _queue = new ReconcileQueue<ResourceName>(probe.ReconcileAsync, time, counters, _logger);
        _health = new HealthLoop(() => probe.ProveAsync(_queue), store, _notifier, ServiceNotifier.WatchdogOfEnvironment(), time, _logger);

        _sampling = new SamplingLoop(
            _intake, host, new VmSampler(proc, _table, vm => _networks.Find(vm)?.Link.Tap, time), _collector, clock, boots, time, _logger);
        MetricIntake metrics = new(vm => _table.Find(vm) is not null, _collector.AddMetrics, clock, counters, _collector.WaitForRoomAsync);
        _metrics = new MetricServers(_networks, _table, paths, metrics, time, _logger);
        AgentLinkHandler handler = new(options, _intake, _refusals, _identity, host, _sequence, counters, _logger);
        _link = new MqttLink(options, tls, _identity.Enrolled, handler, counters, time, _logger);
        _publisher = new TelemetryPublisher(store, _link, boots, counters, time, _logger);
        _prefetch = new PrefetchLoop(_intake, images, fetcher, time);
        UpdateSurroundings surroundings = new(Launcher.Slot is not null, Launcher.FaultFor(options.DataDirectory), () => _link.IsConnected, () => _health.IsAlive);
        ReleaseStore releases = new(directory.ReleasesPath, _identity, _http, options.ControlPlane.ApiUrl, counters, _logger);
        _updates = UpdateWiring.Make(options, directory, releases, _programs, _watcher, _intake, _pause, surroundings, _events, time, _logger);
        _reporter = new Reporter(
            _intake, _refusals, _table, _prefetch, () => _updates.Status, () => VolumeReport.Build(_intake.Current, _volumes.List()), _link, _sequence, time);
        _commands = new CommandIntake(_identity, _link, _sequence, _refusals, counters, _logger);
        SessionSlots slots = new();
        LogAnswerer logs = new(_logs, vm => _table.Find(vm) is not null, time);
        SessionAnswerer answerer = new(vm => SessionVm.Of(vm, _table, paths), logs, time, _logger);
        _sessions = new SessionService(options, tls, answerer, slots, time, _logger);
        _startCheck = new StartCheck(proc, options, time, _logger);
        LocalLook look = new(options, _link, _identity, _keeper, _refusals, _intake, images, _memory, _networks, proc, () => _updates.Status, time);
        LocalRequests local = new(
            options, _intake, _pause, _table, store, _link, _sequence, _logs, _volumes, look, _events, counters, proc, time, _logger);
        BundleApplier bundles = new(options.DeviceId, _identity, _intake, images, new BundleReleases(releases, _updates.Judge), _pause, _events, _logger);
        bundles.Imported += OnImported;
        _local = new LocalServer(
            Path.Combine(options.RunDirectory, LocalServer.SocketName),
            HostProbe.EffectiveUser(proc.TryRead("self/status") ?? ""),
            local,
            new LocalSessions(answerer, slots, _logger),
            new LocalBundles(bundles, time),
            _logger);
        Connect(handler);
    }

    /// <summary>True when the device is to be wiped and no VM runs on it any more; known when <see cref="RunAsync"/> has returned.</summary>
    internal bool IsDecommissioned { get; private set; }

    /// <summary>What went wrong or was lost since the start.</summary>
    internal AgentCounters Counters { get; } = new();

    /// <summary>Runs until cancelled. VMs keep running afterwards.</summary>
    internal async Task RunAsync(CancellationToken cancellation)
    {
        using CancellationTokenRegistration stop = cancellation.UnsafeRegister(
            static state => ((CancellationTokenSource)state!).Cancel(), _stopping);
        Log.AgentStarted(_logger, AgentVersion.Text, _options.DeviceId.Value, _sequence.BootId, _intake.Current.Generation);
        _events.Add(null, isWarning: false, "AgentStarted", $"agent {AgentVersion.Text}, generation {_intake.Current.Generation}");
        bool isToBeWiped = Wipe.IsBegun(_options), isEmptied = false;
        LoopSupervisor loops = new(_time, _logger);
        loops.Start("telemetry", _collector.RunAsync, _stopping.Token);
        if (!isToBeWiped)
        {
            // Before anything that may hang: a new agent that does not get further has to give way again.
            loops.Start("updates", _updates.RunAsync, _stopping.Token);
        }

        try
        {
            await _programs.EndLeftoversAsync(new ProcFileSystem(), _volumes.Root, _stopping.Token);
            _volumes.DiscardUnfinished();
            await _adoption.RunAsync(_stopping.Token);
            _ = _memory.Update();
            foreach (ResourceName name in Leftovers.Find(_store, new VmPaths(_options), _options))
            {
                _table.GetOrAdd(name);
            }

            if (!isToBeWiped)
            {
                EnqueueAll();
                _reconciler.CollectImages();
            }

            _notifier.Tell(ServiceNotifier.Ready);
            StartOwnLoops(loops);
            if (!isToBeWiped)
            {
                StartLinkedLoops(loops);
                await _startCheck.RunAsync(_intake.Current).WaitAsync(_stopping.Token);
                await _decommissioned.Task.WaitAsync(_stopping.Token);
            }

            Log.Decommissioned(_logger);
            await RemoveVmsAsync();
            isEmptied = true;
            await _stopping.CancelAsync();
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            Log.AgentStopping(_logger);
        }
        finally
        {
            // Whatever ended it: nothing goes on while what it uses is closed.
            await _stopping.CancelAsync();
            _notifier.Tell(ServiceNotifier.Stopping);
            await loops.WhenStopped();
            await _queue.DisposeAsync();
        }

        IsDecommissioned = isEmptied && _table.All().All(static entry => entry.Instance is null);
        await _supervisor.DetachAsync();
        _collector.TryFlush();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _link.Dispose();
        _sessions.Dispose();
        _local.Dispose();
        _collector.Dispose();
        _logs.Dispose();
        _networks.Dispose();
        _volumes.Dispose();
        _watcher.Dispose();
        _http.Dispose();
        _stopping.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>What a device needs that has nobody to talk to.</summary>
    private void StartOwnLoops(LoopSupervisor loops)
    {
        loops.Start("health", _health.RunAsync, _stopping.Token);
        loops.Start("names", _names.RunAsync, _stopping.Token);
        loops.Start("logs", stop => _logs.RunAsync(vm => _table.Find(vm) is not null, stop), _stopping.Token);
        loops.Start("network", token => _networks.WatchAsync(_time, token), _stopping.Token);
        loops.Start("outputs", _outputs.RunAsync, _stopping.Token);
        loops.Start("memory", _elastic.RunAsync, _stopping.Token);
        loops.Start("clocks", new ClockLoop(_table, _time).RunAsync, _stopping.Token);
        loops.Start("sampling", _sampling.RunAsync, _stopping.Token);
        loops.Start("metrics", _metrics.RunAsync, _stopping.Token);
        loops.Start("local", _local.RunAsync, _stopping.Token);
        loops.Start("trim", new ResidentTrim(_time).RunAsync, _stopping.Token);
    }

    /// <summary>Everything between the device and its control plane.</summary>
    private void StartLinkedLoops(LoopSupervisor loops)
    {
        loops.Start("identity", _keeper.RunAsync, _stopping.Token);
        loops.Start("link", _link.RunAsync, _stopping.Token);
        loops.Start("prefetch", _prefetch.RunAsync, _stopping.Token);
        loops.Start("commands", _commands.RunAsync, _stopping.Token);
        loops.Start("sessions", _sessions.RunAsync, _stopping.Token);
        loops.Start("publisher", _publisher.RunAsync, _stopping.Token);
        loops.Start("reporter", _reporter.RunAsync, _stopping.Token);
    }

    /// <summary>Has every VM stopped and removed in the usual way; one that takes too long is killed.</summary>
    /// <exception cref="OperationCanceledException">The agent stops; its next start goes on with it.</exception>
    private async Task RemoveVmsAsync()
    {
        AsyncSignal changed = new();
        _table.Changed += changed.Set;
        _intake.Abandon();
        EnqueueAll();
        await WaitUntilNoneAsync(static _ => true, s_wipeLimit, changed);
        IReadOnlyList<VmEntry> left = _table.All();
        if (left.Count > 0)
        {
            Log.WipedWithVms(_logger, left.Count, s_wipeLimit.TotalSeconds);
            foreach (VmEntry entry in left)
            {
                entry.Instance?.Process.Signal(Interop.Signals.SIGKILL);
            }

            await WaitUntilNoneAsync(static entry => entry.Instance is not null, s_killLimit, changed);
        }

        await _networks.TearDownAsync();
    }

    private async Task WaitUntilNoneAsync(Func<VmEntry, bool> isOne, TimeSpan limit, AsyncSignal changed)
    {
        long began = _time.GetTimestamp();
        while (_table.All().Any(isOne) && _time.GetElapsedTime(began) < limit)
        {
            await changed.WaitAsync(TimeSpan.FromSeconds(1), _time, _stopping.Token);
        }
    }

    private void Connect(AgentLinkHandler handler)
    {
        handler.Commanded += _commands.Offer;
        _commands.OpenSession = _sessions.Take;
        _commands.DeleteVolume = DeleteVolume;
        _commands.Decommission = () => Wipe.TryBegin(_options);
        _commands.Decommissioned += () => _decommissioned.TrySetResult();
        _refusals.Changed += _reporter.OnChanged;
        _refusals.Changed += OnRefused;
        handler.ReportOfRefusal = _reporter.MakeOfRefusal;
        handler.Connected += _reporter.OnConnected;
        handler.Connected += _publisher.OnConnected;
        handler.Acknowledged += _publisher.OnAck;
        _collector.Spooled += _publisher.OnSpooled;
        _pause.Changed += OnPauseChanged;
        _pause.Changed += _updates.OnChanged;
        handler.Connected += _updates.OnChanged;
        _updates.Changed += _reporter.OnChanged;
        _updates.RestartNeeded += () => _ = _stopping.CancelAsync();
        _table.Changed += _reporter.OnChanged;
        _prefetch.Fetched += _reporter.OnChanged;
        _supervisor.Disturbed += OnDisturbed;
        _elastic.Moved += _reporter.OnChanged;
        _elastic.Looked += OnMemoryLooked;
        _intake.Changed += OnDesiredChanged;
    }

    private void OnRefused()
    {
        if (_refusals.Current is { Length: > 0 } refusal)
        {
            _events.Add(null, isWarning: true, "Refused", refusal);
        }
    }

    private void OnDisturbed(ResourceName vm)
    {
        foreach (ResourceName name in _memory.Update().Append(vm))
        {
            _queue.Enqueue(name);
        }
    }

    private void OnMemoryLooked()
    {
        foreach (ResourceName name in _memory.Waiting())
        {
            _queue.Enqueue(name);
        }
    }

    /// <summary>What shall run now: while the device is held as it is, what was started, and nothing new.</summary>
    private IReadOnlyList<VmSpec> Wanted() =>
        _pause.Text is null ? _intake.Current.Vms : [.. _table.All().Select(static entry => entry.Record?.Spec).OfType<VmSpec>()];

    private void OnPauseChanged()
    {
        _ = _memory.Update();
        EnqueueAll();
    }

    /// <summary>A volume that somebody has, shall have or may have again is kept.</summary>
    private string DeleteVolume(VolumeOrder order)
    {
        VmSpec? desired = _intake.Current.Vms.FirstOrDefault(spec => spec.Name == order.Vm);
        VmEntry? entry = _table.Find(order.Vm);
        string recorded = entry?.Instance is null ? "the VM had it when it ran last, and may run so again" : "the VM still runs and has it";
        string? who = Has(desired) ? "the VM is desired and has it" : Has(entry?.Record?.Spec) ? recorded : null;
        if (who is not null)
        {
            return $"volume {order.Volume} of {order.Vm}: expected one that no VM has, but {who}";
        }

        string refusal = _volumes.TryDelete(order.Vm, order.Volume);
        _reporter.OnChanged();
        return refusal;

        bool Has(VmSpec? spec) => spec?.Volumes.Any(volume => volume.Name == order.Volume) ?? false;
    }

    private void OnDesiredChanged(DesiredState before, DesiredState after)
    {
        foreach (ResourceName name in _memory.Update().Union(DesiredChange.Between(before, after)))
        {
            _queue.Interrupt(name);
        }

        _prefetch.OnDesiredChanged(after);
        _sampling.OnSettingsChanged();
        _updates.OnChanged();
        _reporter.OnChanged();
    }

    /// <summary>Whoever waits for one of these images or for the agent, or for its next try to fetch it, waits no more.</summary>
    private void OnImported(IReadOnlySet<Digest> images)
    {
        foreach (VmSpec spec in _intake.Current.Vms.Where(spec => images.Contains(spec.Image.Digest)))
        {
            _queue.Interrupt(spec.Name);
        }

        _prefetch.OnDesiredChanged(_intake.Current);
        _updates.OnChanged();
        _reporter.OnChanged();
    }

    private void EnqueueAll()
    {
        IEnumerable<ResourceName> known = _table.All().Select(entry => entry.Name);
        foreach (ResourceName name in known.Union(_intake.Current.Vms.Select(spec => spec.Name)))
        {
            _queue.Enqueue(name);
        }
    }
}
