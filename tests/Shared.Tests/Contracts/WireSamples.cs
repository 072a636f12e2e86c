using MicroVm.Shared.Contracts.Bundles;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Guest;
using MicroVm.Shared.Contracts.Identity;
using MicroVm.Shared.Contracts.Releases;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Contracts.Sessions;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;

namespace MicroVm.Shared.Tests.Contracts;

/// <summary>A sample of every message kind. Values are chosen to need one, two, four and eight bytes, and both signs.</summary>
internal static class WireSamples
{
    private const long Moment = 1_764_000_000_123;

    private static readonly Guid s_boot = new("00112233-4455-6677-8899-aabbccddeeff");
    private static readonly Digest s_digest = Digest.Of("an image"u8);
    private static readonly ResourceName s_vm = ResourceName.Parse("hello");

    private static readonly ProcessSpec s_process = new(
        ["/bin/hello", "--greeting", "Grüße ✓"],
        new Dictionary<string, string> { ["PATH"] = "/bin", ["A"] = "", ["LONGER_NAME"] = "x=y" },
        "/srv",
        "1000:1000");

    private static readonly DesiredState s_desired = new(
        70_000,
        [
            new VmSpec
            {
                Name = s_vm,
                Deployment = ResourceName.Parse("hello-deployment"),
                Revision = 300,
                Image = new ImageReference(s_digest, 5_000_000_000, "hello:1"),
                Process = s_process,
                VcpuCount = 2,
                MemoryMib = 256,
                RestartPolicy = RestartPolicy.OnFailure,
                GracePeriodSeconds = 30,
            },
            new VmSpec
            {
                Name = ResourceName.Parse("second"),
                Deployment = ResourceName.Parse("second"),
                Revision = 1,
                Image = new ImageReference(s_digest, 1, ""),
                Process = new ProcessSpec(["/init"], new Dictionary<string, string>(), "/", ""),
            },
        ],
        new AgentSettings(60));

    private static readonly DesiredState s_platform = s_desired with
    {
        Vms = [s_desired.Vms[0] with { Image = new ImageReference(s_digest, 5_000_000_000, "hello:1", MachineArchitecture.Arm64) }],
    };

    private static readonly ProcessSpec s_confined = s_process with
    {
        StopSignal = 3,
        ReadOnlyRoot = true,
        Limits = [new ResourceLimit("RLIMIT_NOFILE", 1024, ulong.MaxValue)],
        AddCapabilities = ["CAP_NET_ADMIN"],
        DropCapabilities = ["ALL"],
    };

    private static readonly ProbeSet s_probes = new(
        new Probe { Kind = ProbeKind.Exec, Command = ["/bin/check", "-v"], FailureThreshold = 30 },
        new Probe { Kind = ProbeKind.Http, Port = 8080, Path = "/healthz?full=1", InitialDelaySeconds = 5, TimeoutSeconds = 300 },
        new Probe { Kind = ProbeKind.Tcp, Port = 65_535, PeriodSeconds = 60, SuccessThreshold = 2 });

    private static readonly DesiredState s_workload = s_desired with
    {
        Vms =
        [
            s_desired.Vms[0] with
            {
                Process = s_confined,
                Kind = WorkloadKind.Job,
                Schedule = "*/5 * * * *",
                Ports = [new PortMapping(80, 8080), new PortMapping(53, 53, TransportProtocol.Udp)],
                Volumes = [new VolumeMount(ResourceName.Parse("data"), 1024, "/var/lib/data"), new VolumeMount(ResourceName.Parse("maps"), 8, "/maps", ReadOnly: true)],
                Tmpfs = [new TmpfsMount("/cache", 16)],
                Probes = s_probes,
                Network = new NetworkPolicy
                {
                    AllowFrom = [ResourceName.Parse("second")],
                    EgressRestricted = true,
                    Egress =
                    [
                        new EgressRule("192.0.2.0/24", 443, TransportProtocol.Tcp),
                        new EgressRule("2001:db8::/32"),
                    ],
                },
                Priority = -10,
                Limits = new RateLimits(1 << 20, 500, 1L << 33),
                Labels = new Dictionary<string, string> { ["team"] = "north" },
                Secrets =
                [
                    new SecretMount(ResourceName.Parse("password"), 2, "PASSWORD", ""),
                    new SecretMount(ResourceName.Parse("key"), 1, "", "/run/secrets/key"),
                ],
                MemoryMinMib = 64,
            },
        ],
        Secrets = [new SealedSecret(ResourceName.Parse("password"), 2, [1, 2, 3])],
    };

    public static IReadOnlyList<WireSample> All { get; } = [.. Uplinks(), .. Downlinks(), .. Guest(), .. Sessions()];

    public static TheoryData<string> Names => [.. All.Select(static sample => sample.Name)];

    public static WireSample Named(string name) => All.Single(sample => sample.Name == name);

    private static IEnumerable<WireSample> Uplinks()
    {
        yield return WireSample.Of(
            "hello",
            new Hello
            {
                Header = Header(1),
                AgentVersion = "0.1.0",
                Architecture = "x86_64",
                Capacity = new DeviceCapacity(4, 2UL << 30, 8UL << 30),
                HeldGeneration = 41,
                HeldDigest = s_digest,
                Labels = new Dictionary<string, string> { ["site"] = "north", ["a"] = "b" },
            },
            static hello => hello.Encode(),
            Hello.Decode);
        yield return WireSample.Of(
            "hello-new",
            new Hello { Header = Header(ulong.MaxValue), AgentVersion = "", Architecture = "aarch64", Capacity = new DeviceCapacity(0, 0, ulong.MaxValue) },
            static hello => hello.Encode(),
            Hello.Decode);
        yield return WireSample.Of(
            "hello-trust",
            new Hello { Header = Header(2), AgentVersion = "1", Architecture = "x86_64", Capacity = new DeviceCapacity(1, 2, 3), TrustVersion = 300 },
            static hello => hello.Encode(),
            Hello.Decode);
        yield return WireSample.Of("reported", Reported(), static reported => reported.Encode(), ReportedState.Decode);
        yield return WireSample.Of(
            "reported-prefetched",
            Reported() with { Prefetched = [s_digest, Digest.Of("another image"u8)] },
            static reported => reported.Encode(),
            ReportedState.Decode);
        yield return WireSample.Of(
            "reported-workload",
            Reported() with
            {
                Vms =
                [
                    new VmStatus
                    {
                        Name = s_vm,
                        Deployment = s_vm,
                        Revision = 1,
                        Phase = VmPhase.Running,
                        Ready = false,
                        NextRunUnixMs = Moment,
                    },
                ],
            },
            static reported => reported.Encode(),
            ReportedState.Decode);
        yield return WireSample.Of(
            "reported-elastic",
            Reported() with
            {
                Vms = [new VmStatus { Name = s_vm, Deployment = s_vm, Revision = 1, Phase = VmPhase.Running, MemoryMib = 128, MemoryGrantedMib = 48 }],
            },
            static reported => reported.Encode(),
            ReportedState.Decode);
        yield return WireSample.Of(
            "reported-refusal",
            new ReportedState(Header(25), 1, []) { Refusal = "generation 7: signature: expected one, found another" },
            static reported => reported.Encode(),
            ReportedState.Decode);
        yield return WireSample.Of(
            "reported-agent",
            new ReportedState(Header(25), 1, []) { Agent = new AgentStatus(AgentPhase.Failed, s_digest, "0.2.0", "not connected within 300 s") },
            static reported => reported.Encode(),
            ReportedState.Decode);
        yield return WireSample.Of(
            "reported-volumes",
            new ReportedState(Header(25), 1, [])
            {
                Volumes = [new VolumeStatus(s_vm, ResourceName.Parse("data"), 64 << 20, 3 << 20, true), new VolumeStatus(s_vm, ResourceName.Parse("old"), 8 << 20, 1 << 20, false)],
            },
            static reported => reported.Encode(),
            ReportedState.Decode);
        yield return WireSample.Of(
            "reply",
            new CommandReply(Header(26), s_boot, CommandKind.Decommission, "not now"),
            static reply => reply.Encode(),
            CommandReply.Decode);
        yield return WireSample.Of("telemetry", Telemetry(), static batch => batch.EncodeVersionOne(), TelemetryBatch.Decode);
        yield return WireSample.Of(
            "telemetry-workload",
            Telemetry() with
            {
                Vms =
                [
                    new VmSample(Moment, s_vm, 1500, 140 << 20, VmPhase.Running)
                    {
                        GuestMemoryBytes = 120 << 20,
                        GuestAvailableBytes = 1,
                        GuestLoadPermille = 300,
                        VolumeBytes = 8UL << 30,
                        VolumeUsedBytes = 70_000,
                        ErrorLines = 24,
                    },
                ],
                Events =
                [
                    new DeviceEvent(Moment, s_vm, true, "OutOfMemory", "the guest's kernel killed process 7"),
                    new DeviceEvent(Moment, null, false, "Started", ""),
                ],
            },
            static batch => batch.EncodeVersionOne(),
            TelemetryBatch.Decode);
        yield return WireSample.Of(
            "telemetry-columns",
            new TelemetryBatch
            {
                Header = Header(256),
                Hosts = [new HostSample(Moment, 999, 1, 2UL << 30, 3, 8UL << 30, 86_400, 20 << 20)],
                BaseUnixMs = Moment,
                BaseUptimeMs = 86_400_123,
                Clock = ClockQuality.NotSet,
                Losses = new TelemetryLosses(1, 300, 70_000),
                Stamp = new SendStamp(Moment + 1, ClockQuality.Synchronised, 4_000_000_000, -1),
            },
            static batch => batch.Encode(),
            TelemetryBatch.Decode);
        yield return WireSample.Of("telemetry-body", TelemetryColumns.Body, static body => body.Encode(), TelemetryBody.Decode);
    }

    private static ReportedState Reported() => new(
        Header(24),
        42,
        [
            new VmStatus
            {
                Name = s_vm,
                Deployment = ResourceName.Parse("hello-deployment"),
                Revision = 3,
                Phase = VmPhase.BackOff,
                Reason = "ImageUnavailable",
                Message = "no route to host",
                Restarts = 256,
                ImageDigest = s_digest,
                MemoryMib = 128,
                VmmPid = 70_000,
                LastExitCode = -1,
            },
            new VmStatus { Name = ResourceName.Parse("new"), Deployment = ResourceName.Parse("new"), Revision = 0, Phase = VmPhase.Pending },
        ]);

    private static TelemetryBatch Telemetry() => new()
    {
        Header = Header(255),
        Hosts = [new HostSample(Moment, 999, 1, 2UL << 30, 3, 8UL << 30, 86_400, 20 << 20)],
        Vms = [new VmSample(Moment, s_vm, 1500, 140 << 20, VmPhase.Running)],
        Logs =
        [
            new LogLine(s_vm, Moment * 1_000_000, LogStream.Stdout, "hello 1"),
            new LogLine(s_vm, -1, LogStream.Stderr, ""),
        ],
        DroppedLogLines = 7,
    };

    private static AgentManifest Manifest() => new(
        ReleaseVersion.Parse("0.2.0"),
        MachineArchitecture.Arm64,
        s_digest,
        7_000_000,
        [.. AgentFiles.Names.Select(static name => new AgentFile(name, 70_000, s_digest))]);

    private static IEnumerable<WireSample> Downlinks()
    {
        yield return WireSample.Of("desired-state", s_desired, static state => state.Encode(), DesiredState.Decode);
        yield return WireSample.Of("desired-state-platform", s_platform, static state => state.Encode(), DesiredState.Decode);
        yield return WireSample.Of(
            "desired-state-prefetch",
            s_desired with { Prefetch = [new ImageReference(s_digest, 5_000_000_000, "hello:2", MachineArchitecture.X64)] },
            static state => state.Encode(),
            DesiredState.Decode);
        yield return WireSample.Of("desired-state-workload", s_workload, static state => state.Encode(), DesiredState.Decode);
        yield return WireSample.Of(
            "desired-state-agent",
            DesiredState.Empty with { Generation = 5, Agent = new AgentTarget(ReleaseVersion.Parse("0.2.0-rc.1"), s_digest, 7_000_000, AllowDowngrade: true) },
            static state => state.Encode(),
            DesiredState.Decode);
        yield return WireSample.Of("agent-manifest", Manifest(), static manifest => manifest.Encode(), AgentManifest.Decode);
        yield return WireSample.Of("desired-state-empty", DesiredState.Empty, static state => state.Encode(), DesiredState.Decode);
        yield return WireSample.Of(
            "desired-envelope",
            DesiredEnvelope.Of(s_desired.Generation, s_desired.Encode()),
            static envelope => envelope.Encode(),
            DesiredEnvelope.Decode);
        yield return WireSample.Of(
            "bundle-header", new BundleHeader(Moment, 2, 3, 5L << 30), static header => header.Encode(), BundleHeader.Decode);
        yield return WireSample.Of(
            "bundle-header-releases", new BundleHeader(Moment, 2, 3, 5L << 30, 1), static header => header.Encode(), BundleHeader.Decode);
        yield return WireSample.Of(
            "command", new DeviceCommand(s_boot, CommandKind.Trust, [1, 2, 3]), static command => command.Encode(), DeviceCommand.Decode);
        yield return WireSample.Of(
            "volume-order", new VolumeOrder(s_vm, ResourceName.Parse("data")), static order => order.Encode(), VolumeOrder.Decode);
        yield return WireSample.Of(
            "trust-bundle", new TrustBundle(300, [[1], [2, 3]], [[4]]), static bundle => bundle.Encode(), TrustBundle.Decode);
        yield return WireSample.Of("ack", new Ack(s_boot, 65_536), static ack => ack.Encode(), Ack.Decode);
    }

    private static IEnumerable<WireSample> Guest()
    {
        GuestMessage[] messages =
        [
            new GuestHello(1, "0.1.0", GuestState.Running),
            new GuestConfig(s_process, "hello", 10),
            new GuestStarted(77),
            new GuestLogLine(1_000_000, Moment * 1_000_000, LogStream.Stderr, "a line"),
            new GuestLogAck(1_000_000),
            new GuestExited(137, "killed"),
            new GuestExitAck(),
            new GuestShutdown(3600),
            new GuestHealth(true, false, "http://127.0.0.1:8080/: expected a status from 200 to 399, found 503"),
            new GuestMetrics(120 << 20, 70 << 20, 1_500, 8UL << 30, 300, 2),
            new GuestClock(Moment * 1_000_000),
        ];
        return
        [
            .. messages.Select(static message => WireSample.Of(NameOf(message), message, static m => m.Encode(), GuestMessage.Decode)),
            WireSample.Of<GuestMessage>(
                "guest-config-workload",
                new GuestConfig(s_confined, "hello", 10)
                {
                    Network = new GuestNetworkConfig(
                        [new GuestAddress("172.30.0.2", 32, "172.30.0.1"), new GuestAddress("fd00::2", 128, "fd00::1")],
                        ["172.30.0.1"],
                        ["local.mvm"],
                        1400),
                    Volumes = [new GuestVolume("/dev/vdb", "/var/lib/data", false)],
                    Tmpfs = [new TmpfsMount("/cache", 16)],
                    Probes = s_probes,
                    Secrets = [new GuestSecret("PASSWORD", "", [1, 2]), new GuestSecret("", "/run/secrets/key", [3])],
                },
                static m => m.Encode(),
                GuestMessage.Decode),
            WireSample.Of<GuestMessage>(
                "guest-exited-cause",
                new GuestExited(137, "", GuestExitCause.OutOfMemory),
                static m => m.Encode(),
                GuestMessage.Decode),
        ];
    }

    private static IEnumerable<WireSample> Sessions()
    {
        yield return WireSample.Of(
            "session-open",
            new SessionOpen
            {
                Kind = SessionKind.Exec,
                Command = ["sh", "-l"],
                Environment = new Dictionary<string, string> { ["TERM"] = "xterm" },
                User = "root",
                WorkingDirectory = "/tmp",
                Terminal = true,
                Rows = 50,
                Columns = 300,
            },
            static open => open.Encode(),
            SessionOpen.Decode);
        yield return WireSample.Of(
            "session-open-logs",
            new SessionOpen { Kind = SessionKind.Logs, After = 70_000, Tail = 100, Follow = true, Port = 8080 },
            static open => open.Encode(),
            SessionOpen.Decode);
        yield return WireSample.Of(
            "session-closed", new SessionClosed(137, "the VM ended"), static closed => closed.Encode(), SessionClosed.Decode);
        yield return WireSample.Of(
            "session-log-entry",
            new SessionLogEntry(1_000_000, Moment * 1_000_000, LogStream.Stderr, "a line"),
            static entry => entry.Encode(),
            SessionLogEntry.Decode);
        yield return WireSample.Of("session-order", new SessionOrder(s_boot, s_vm), static order => order.Encode(), SessionOrder.Decode);
    }

    private static string NameOf(GuestMessage message) =>
        "guest-" + string.Concat(message.GetType().Name["Guest".Length..].Select(static (c, i) =>
            char.IsUpper(c) ? (i > 0 ? "-" : "") + char.ToLowerInvariant(c) : c.ToString()));

    private static UplinkHeader Header(ulong sequence) => new(s_boot, sequence, Moment);
}
