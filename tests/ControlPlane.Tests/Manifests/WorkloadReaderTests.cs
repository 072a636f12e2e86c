using MicroVm.ControlPlane.Host.Manifests;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Tests.Manifests;

public sealed class WorkloadReaderTests
{
    [Fact]
    public void Workload_WithEveryField_IsReadAsItIs()
    {
        DeploymentManifest manifest = One(WorkloadCorpus.Everything);
        VmSpec vm = manifest.Vm;

        Assert.Equal(["/bin/server"], manifest.Command!);
        Assert.Equal(("app:app", "/srv", 3), (manifest.User, manifest.WorkingDirectory, manifest.StopSignal));
        Assert.Equal((true, "CAP_NET_ADMIN CAP_SYS_TIME", "ALL"), (vm.Process.ReadOnlyRoot, string.Join(' ', vm.Process.AddCapabilities), string.Join(' ', vm.Process.DropCapabilities)));
        Assert.Equal([new("RLIMIT_NOFILE", 1024, 4096), new("RLIMIT_CORE", 0, 0), new("RLIMIT_MEMLOCK", ulong.MaxValue, ulong.MaxValue)], vm.Process.Limits);
        Assert.Equal((2, 64, 256, -10), (vm.VcpuCount, vm.MemoryMinMib, vm.MemoryMib, vm.Priority));
        Assert.Equal(new RateLimits(10 << 20, 500, 512 << 10), vm.Limits);
        Assert.Equal([new(8080, 80), new(5353, 53, TransportProtocol.Udp), new(8443, 443), new(5353, 53)], vm.Ports);
        Assert.Equal([new(Name("data"), 64, "/data"), new(Name("shared"), 2 << 20, "/mnt/shared", true)], vm.Volumes);
        Assert.Equal([new TmpfsMount("/cache", 16)], vm.Tmpfs);
        Assert.Equal([new(Name("database"), 1, "DATABASE_PASSWORD", ""), new(Name("certificate"), 1, "", "/run/secrets/certificate.pem")], vm.Secrets);
        Assert.Equal(["other"], vm.Network.AllowFrom.Select(name => name.Value));
        Assert.Equal([new("10.1.0.0/16", 5432, TransportProtocol.Tcp), new EgressRule("2001:db8::/32")], vm.Network.Egress);
        Assert.Equal("team=edge tier=1", string.Join(' ', vm.Labels.Select(label => $"{label.Key}={label.Value}")));
    }

    [Fact]
    public void Probes_WithWhatTheySay_KeepTheRestAtItsDefaults()
    {
        ProbeSet probes = One(WorkloadCorpus.Everything).Vm.Probes;

        Assert.Equal((ProbeKind.Exec, "/bin/check --start", 1, 60), (probes.Startup!.Kind, string.Join(' ', probes.Startup.Command), probes.Startup.PeriodSeconds, probes.Startup.FailureThreshold));
        Assert.Equal((ProbeKind.Tcp, 80, 5, 10, 1, 3), (probes.Liveness!.Kind, probes.Liveness.Port, probes.Liveness.InitialDelaySeconds, probes.Liveness.PeriodSeconds, probes.Liveness.TimeoutSeconds, probes.Liveness.FailureThreshold));
        Assert.Equal((ProbeKind.Http, 80, "/health?full=1", 5, 2, 2), (probes.Readiness!.Kind, probes.Readiness.Port, probes.Readiness.Path, probes.Readiness.PeriodSeconds, probes.Readiness.TimeoutSeconds, probes.Readiness.SuccessThreshold));
    }

    [Fact]
    public void Workload_WithNothingMore_IsTheVmOfBeforeThereWasMore()
    {
        VmSpec vm = One("").Vm;

        Assert.Equal((WorkloadKind.Service, "", 0, ProbeSet.None, RateLimits.None), (vm.Kind, vm.Schedule, vm.MemoryMinMib, vm.Probes, vm.Limits));
        Assert.Empty(vm.Ports.Select(port => port.ToString()).Concat(vm.Volumes.Select(volume => volume.Path)).Concat(vm.Secrets.Select(secret => secret.Path)));
        Assert.True(vm.Network.IsDefault);
    }

    [Theory]
    [InlineData("kind: Job", RestartPolicy.Never, "")]
    [InlineData("kind: Job\nrestartPolicy: OnFailure\nschedule: \"30 2 * * *\"", RestartPolicy.OnFailure, "30 2 * * *")]
    public void Job_WithoutARestartPolicy_IsNotRestarted(string lines, RestartPolicy policy, string schedule)
    {
        VmSpec vm = One(lines).Vm;

        Assert.Equal((WorkloadKind.Job, policy, schedule), (vm.Kind, vm.RestartPolicy, vm.Schedule));
    }

    [Theory]
    [InlineData("network: {egress: deny}", true)]
    [InlineData("network: {egress: []}", true)]
    [InlineData("network: {egress: allow}", false)]
    public void Egress_SaidInOneWord_IsTaken(string lines, bool restricted) =>
        Assert.Equal((restricted, 0), (One(lines).Vm.Network.EgressRestricted, One(lines).Vm.Network.Egress.Count));

    [Theory]
    [InlineData("SIGTERM", 15)]
    [InlineData("TERM", 15)]
    [InlineData("9", 9)]
    [InlineData("SIGRTMIN+3", 37)]
    [InlineData("RTMAX-1", 63)]
    [InlineData("SIGRTMAX+1", null)]
    [InlineData("SIGRTMIN-1", null)]
    [InlineData("32", null)]
    [InlineData("65", null)]
    [InlineData("", null)]
    [InlineData("sigterm", null)]
    public void Signal_AsPeopleNameIt_IsItsNumber(string text, int? number) => Assert.Equal(number, SignalNames.Parse(text));

    [Theory]
    [MemberData(nameof(WorkloadCorpus.Good), MemberType = typeof(WorkloadCorpus))]
    public void Workload_ThatIsRight_IsTakenAndSurvivesItsEncoding(string lines)
    {
        VmSpec vm = One(lines).Vm;
        VmSpec encodable = vm with { Process = vm.Process with { Arguments = ["x"] } };

        Assert.Equal(encodable.ContentDigest(), VmSpec.Decode(encodable.Encode()).ContentDigest());
    }

    [Theory]
    [MemberData(nameof(WorkloadCorpus.Bad), MemberType = typeof(WorkloadCorpus))]
    public void Workload_WithOneMistake_IsToldWhereAndWhatItIs(string lines, string field, string found, bool inSchema)
    {
        ManifestParser.Parse(WorkloadCorpus.Manifest(lines), false, out IReadOnlyList<FieldError> errors);

        FieldError error = Assert.Single(errors);
        Assert.Equal((field.Length == 0 ? "spec.workload" : $"spec.workload.{field}", found), (error.Field, error.Found));
        Assert.NotEqual("", error.Expected);
        Assert.True(inSchema || error.Expected.Length > 3);
    }

    private static ResourceName Name(string text) => ResourceName.Parse(text);

    private static DeploymentManifest One(string lines)
    {
        IReadOnlyList<DeploymentManifest> manifests = ManifestParser.Parse(WorkloadCorpus.Manifest(lines), false, out IReadOnlyList<FieldError> errors);
        Assert.Empty(errors);
        return Assert.Single(manifests);
    }
}
