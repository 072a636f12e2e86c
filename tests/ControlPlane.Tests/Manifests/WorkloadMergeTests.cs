using MicroVm.ControlPlane.Abstractions.Deployments;
using MicroVm.ControlPlane.Host.Manifests;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Identity;

namespace MicroVm.ControlPlane.Tests.Manifests;

public sealed class WorkloadMergeTests
{
    private static readonly ImagePlatformView s_platform = new(
        "linux/amd64", "x86_64", Digest.Of("x"u8).Value, "", 1, ["/entry"], ["cmd"], ["A=image", "B=1", "B=2", "odd", "=x"], "app:app", "/srv");

    private static readonly ImageView s_image = Image(s_platform);

    [Theory]
    [InlineData("", "/entry cmd")]
    [InlineData("args: [one, two]", "/entry one two")]
    [InlineData("args: []", "/entry")]
    [InlineData("command: [/other]", "/other")]
    [InlineData("command: [/other]\n    args: [one]", "/other one")]
    public void Merge_Arguments_ReplaceTheCommandAndKeepTheEntryPoint(string workload, string expected) =>
        Assert.Equal(expected, string.Join(' ', Merge(workload, s_image).Workload.Arguments));

    [Fact]
    public void Merge_Environment_ManifestOverImage()
    {
        DeploymentSpec spec = Merge("env: {A: manifest}", s_image);

        Assert.Equal(["A=manifest", "B=2"], spec.Workload.Environment.Select(pair => $"{pair.Key}={pair.Value}"));
        Assert.Equal(("app:app", "/srv"), (spec.Workload.User, spec.Workload.WorkingDirectory));
    }

    [Fact]
    public void Merge_ImageWithoutWorkingDirectory_RunsAtTheRoot() =>
        Assert.Equal("/", Merge("", Image(s_platform with { WorkingDir = "" })).Workload.WorkingDirectory);

    [Fact]
    public void Merge_UserDirectoryAndSignal_ManifestOverImage()
    {
        ImageView image = Image(s_platform with { StopSignal = "SIGQUIT" });
        WorkloadSpec images = Merge("", image).Workload, manifests = Merge("user: \"1000\"\n    workingDir: /w\n    stopSignal: SIGINT", image).Workload;

        Assert.Equal(("app:app", "/srv", 3), (images.User, images.WorkingDirectory, images.ToVm("hello", 1).Process.StopSignal));
        Assert.Equal(("1000", "/w", 2), (manifests.User, manifests.WorkingDirectory, manifests.ToVm("hello", 1).Process.StopSignal));
    }

    [Fact]
    public void Merge_ImageWithAStrangeSignal_IsAnErrorUnlessTheManifestHasOne()
    {
        ImageView image = Image(s_platform with { StopSignal = "SIGNAL" });

        Assert.Equal(("spec.workload.stopSignal", "SIGNAL"), (Error("", image).Field, Error("", image).Found));
        Assert.Equal(15, Merge("stopSignal: TERM", image).Workload.ToVm("hello", 1).Process.StopSignal);
    }

    [Fact]
    public void Merge_EveryField_IsInTheVmOfTheDevice()
    {
        VmSpec vm = Merge(WorkloadCorpus.Everything.ReplaceLineEndings("\n").Replace("\n", "\n    ", StringComparison.Ordinal), s_image).Workload.ToVm("shop", 7);

        Assert.Equal(("hello", "shop", 7, "/bin/server --port 80"), (vm.Name.Value, vm.Deployment.Value, vm.Revision, string.Join(' ', vm.Process.Arguments)));
        Assert.Equal((4, 2, 1, 2), (vm.Ports.Count, vm.Volumes.Count, vm.Tmpfs.Count, vm.Secrets.Count));
        Assert.Equal((64, 256, -10, true), (vm.MemoryMinMib, vm.MemoryMib, vm.Priority, vm.Process.ReadOnlyRoot));
        Assert.Equal(vm.ContentDigest(), VmSpec.Decode(vm.Encode()).ContentDigest());
    }

    [Theory]
    [InlineData("ports: [80:80]", "ports: [80:80/tcp]", true)]
    [InlineData("ports: [80:80]", "ports: [80:81]", false)]
    [InlineData("volumes: [{name: a, size: 1GiB, path: /a}]", "volumes: [{name: a, size: 1024MiB, path: /a}]", true)]
    [InlineData("volumes: [{name: a, size: 1GiB, path: /a}]", "volumes: [{name: a, size: 1GiB, path: /a, readOnly: true}]", false)]
    [InlineData("labels: {a: b}", "labels: {a: c}", false)]
    [InlineData("probes: {liveness: {exec: [a]}}", "probes: {liveness: {exec: [a], period: 10s}}", true)]
    [InlineData("probes: {liveness: {exec: [a]}}", "probes: {liveness: {exec: [b]}}", false)]
    [InlineData("network: {egress: deny}", "network: {egress: []}", true)]
    [InlineData("network: {egress: deny}", "", false)]
    public void Workloads_AreTheSame_WhenADeviceSeesNoDifference(string one, string other, bool same) =>
        Assert.Equal(same, Merge(one, s_image).Workload.HasContentOf(Merge(other, s_image).Workload));

    [Fact]
    public void Merge_NoProgramAnywhere_IsAnError()
    {
        FieldError error = Error("", Image(s_platform with { Entrypoint = [], Cmd = [] }));

        Assert.Equal("spec.workload.args", error.Field);
    }

    [Fact]
    public void Merge_ImageOfAnotherArchitecture_IsAnError()
    {
        FieldError error = Error("", Image(s_platform with { Platform = "linux/arm64", Architecture = "aarch64" }));

        Assert.Equal(("spec.workload.image", "hello:1, which is for linux/arm64"), (error.Field, error.Found));
    }

    [Fact]
    public void Merge_ImageWithAnEndlessConfiguration_IsAnError() =>
        Assert.Equal("spec.workload.image", Error("", Image(s_platform with { Cmd = [new string('x', 100_000)] })).Field);

    [Fact]
    public void Merge_ImageOfTwoPlatforms_KeepsWhatEachOfThemRuns()
    {
        DeploymentSpec spec = Merge("args: [one]", Image(s_platform with { Architecture = "aarch64", Entrypoint = ["/arm"] }, s_platform));

        Assert.Equal(["aarch64:/arm one", "x86_64:/entry one"], spec.Variants.Prepend(spec.Workload)
            .Select(workload => $"{workload.Architecture}:{string.Join(' ', workload.Arguments)}"));
    }

    private static ImageView Image(params ImagePlatformView[] platforms) =>
        new("hello:1", Digest.Of("index"u8).Value, platforms, [], DateTimeOffset.UnixEpoch);

    private static DeploymentSpec Merge(string workload, ImageView image)
    {
        List<FieldError> errors = [];
        DeploymentSpec? spec = WorkloadMerge.Merge(Manifest(workload), image, errors);
        Assert.Empty(errors);
        return spec!;
    }

    private static FieldError Error(string workload, ImageView image)
    {
        List<FieldError> errors = [];
        Assert.Null(WorkloadMerge.Merge(Manifest(workload), image, errors));
        return Assert.Single(errors);
    }

    private static DeploymentManifest Manifest(string workload) =>
        Assert.Single(ManifestParser.Parse(Samples.Manifest(workload: workload), false, out _));
}
