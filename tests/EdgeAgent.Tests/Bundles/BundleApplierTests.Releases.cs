using MicroVm.EdgeAgent.Bundles;
using MicroVm.EdgeAgent.Desired;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.Shared.Contracts.Bundles;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Releases;
using MicroVm.Shared.Contracts.Reported;
using MicroVm.Shared.Identity;
using MicroVm.TestKit;

namespace MicroVm.EdgeAgent.Tests.Bundles;

public sealed partial class BundleApplierTests
{
    private static readonly byte[] s_artifact = [.. Enumerable.Range(0, 300).Select(static i => (byte)i)];
    private static readonly AgentManifest s_manifest = new(
        ReleaseVersion.Parse("9.0.0"),
        MachineArchitecture.Current,
        Digest.Of(s_artifact),
        (ulong)s_artifact.Length,
        [.. AgentFiles.Required.Select(static name => new AgentFile(name, 1, Digest.Of("x"u8)))]);

    private static readonly string s_otherArchitecture =
        MachineArchitecture.Current == MachineArchitecture.X64 ? MachineArchitecture.Arm64 : MachineArchitecture.X64;

    /// <summary>How the device stands to what is named; null when it would fetch it.</summary>
    private AgentStatus? _standing;

    private BundleReleases Releases => new(_releases, target => _standing ?? new AgentStatus(AgentPhase.Fetching, target.Digest, target.Version.Value, ""));

    private static AgentTarget Target => new(s_manifest.Version, s_manifest.Digest, s_manifest.SizeBytes);

    [Fact]
    public async Task Apply_AgentRelease_IsWhereTheUpdateLooksBeforeTheNetwork()
    {
        IReadOnlySet<Digest>? told = null;
        _applier.Imported += digests => told = digests;

        BundleOutcome outcome = await ApplyAsync(await WithReleaseAsync());

        Assert.Equal((true, Target, 1), (outcome.Agent!.IsTaken, _intake.Current.Agent, outcome.Imported));
        Assert.Equal(s_artifact, await File.ReadAllBytesAsync(_releases.ArtifactOf(Target.Digest), TestContext.Current.CancellationToken));
        Assert.Equal(s_manifest.Version, _releases.Open(Target)!.Version);
        Assert.Null(await _releases.FetchAsync(Target, TestContext.Current.CancellationToken));
        Assert.Contains(Target.Digest, told!);
        Assert.EndsWith("1 images and agent 9.0.0 came with it", Assert.Single(_events).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_AgentReleaseForTheHeldState_EndsTheWaitForIt()
    {
        await ApplyAsync(await TestBundle.OfAsync(Named(), s_image));
        IReadOnlySet<Digest>? told = null;
        _applier.Imported += digests => told = digests;

        BundleOutcome outcome = await ApplyAsync(await WithReleaseAsync());

        Assert.Equal((IntakeResult.AlreadyHeld, true), (outcome.Result, _releases.Has(Target.Digest)));
        Assert.Equal([Target.Digest], told!);
    }

    [Fact]
    public async Task Apply_AgentReleaseThatIsOnlyChecked_WritesNothing()
    {
        Assert.True((await ApplyAsync(await WithReleaseAsync(), check: true)).Agent!.IsTaken);
        AssertNothingApplied();
        Assert.Empty(Directory.GetFiles(_directory["releases"]));
    }

    [Theory]
    [InlineData(AgentPhase.Current)]
    [InlineData(AgentPhase.Failed)]
    [InlineData(AgentPhase.Refused)]
    [InlineData(AgentPhase.Ready)]
    public async Task Apply_AgentReleaseThatTheDeviceHasNoUseFor_IsReadOverAndTheRestIsTaken(AgentPhase phase)
    {
        _standing = new AgentStatus(phase, Target.Digest, "9.0.0", "because");
        BundleOutcome outcome = await ApplyAsync(await WithReleaseAsync());
        Assert.Equal((false, phase, 7UL), (outcome.Agent!.IsTaken, outcome.Agent.Standing.Phase, _intake.Current.Generation));
        Assert.Empty(Directory.GetFiles(_directory["releases"]));
    }

    [Fact]
    public async Task Apply_StateWhoseAgentIsNotInTheBundle_IsTakenAndSaysSo()
    {
        BundleOutcome outcome = await ApplyAsync(await TestBundle.OfAsync(Named(), s_image));
        Assert.Equal((false, Target, AgentPhase.Fetching), (outcome.Agent!.IsTaken, outcome.Agent.Target, outcome.Agent.Standing.Phase));
    }

    [Fact]
    public async Task Apply_AgentReleaseThatIsNotTheNamedOne_IsRefused()
    {
        using TestFleet foreign = new();
        AgentManifest otherDigest = s_manifest with { Digest = Digest.Of("other"u8) }, otherMachine = s_manifest with { Architecture = s_otherArchitecture };
        foreach ((byte[] release, string why) in ((byte[], string)[])
        [
            (Sign(otherDigest), $"expected 9.0.0 for {MachineArchitecture.Current} with {Target.Digest}, found 9.0.0 for {MachineArchitecture.Current} with {otherDigest.Digest}"),
            (Sign(s_manifest with { Version = ReleaseVersion.Parse("8.0.0") }), "found 8.0.0"),
            (Sign(otherMachine), $"found 9.0.0 for {s_otherArchitecture}"),
            (TestFleet.Shared.SignRelease(s_otherArchitecture, otherMachine.Encode()), $"message for '{MachineArchitecture.Current}'"),
            (foreign.SignRelease(MachineArchitecture.Current, s_manifest.Encode()), "trusted keys"),
            ([1], "expected"),
        ])
        {
            await RefusesAsync(await TestBundle.OfAsync([TestBundle.For(Named()) with { Release = release }], s_image, s_artifact), why);
        }

        await RefusesAsync(
            await TestBundle.OfAsync([TestBundle.For(Specs.State(7, Specs.Vm())) with { Release = Sign(s_manifest) }], s_image, s_artifact),
            "expected no agent release, because the desired state names none, found 9.0.0");
        AssertNoRelease();
    }

    [Fact]
    public async Task Apply_AgentReleaseWithoutItsArtifactOrWithAnother_IsRefused()
    {
        BundleDevice device = TestBundle.For(Named()) with { Release = Sign(s_manifest) };
        await RefusesAsync(await TestBundle.OfAsync([device], s_image), $"expected agent 9.0.0 ({Target.Digest}), which the desired state needs, found none");
        await RefusesAsync(await TestBundle.OfAsync([device], s_image, [.. s_artifact, 0]), "found none");
        await RefusesAsync(
            await TestBundle.OfAsync([device with { Release = Sign(s_manifest with { SizeBytes = 299 }) }], s_image, s_artifact),
            "of 299 bytes, as what is signed says, found 300");
        AssertNoRelease();
    }

    [Fact]
    public async Task Apply_AgentReleaseThatIsCutOffOrDamaged_IsRefused()
    {
        byte[] bundle = await WithReleaseAsync();
        int artifact = bundle.AsSpan().IndexOf(s_artifact);
        for (int i = artifact; i < bundle.Length; i++)
        {
            await Assert.ThrowsAsync<BundleRefusedException>(() => ApplyAsync(bundle[..i]));
            byte[] damaged = [.. bundle];
            damaged[i] ^= 1;
            await Assert.ThrowsAsync<BundleRefusedException>(() => ApplyAsync(damaged));
        }

        Assert.Equal(0UL, _intake.Current.Generation);
        Assert.False(_releases.Has(Target.Digest));
        Assert.True((await ApplyAsync(bundle)).Agent!.IsTaken);
    }

    [Fact]
    public async Task Apply_ReleasesCollectedMeanwhile_KeepsWhatItBrought()
    {
        _heard.OnImage = () => _releases.Collect(static () => null);
        await ApplyAsync(await WithReleaseAsync());
        Assert.True(_releases.Has(Target.Digest));

        _heard.OnImage();
        Assert.Empty(Directory.GetFiles(_directory["releases"]));
    }

    private static byte[] Sign(AgentManifest manifest) => TestFleet.Shared.SignRelease(MachineArchitecture.Current, manifest.Encode());

    private static DesiredState Named() => Specs.State(7, Specs.Vm()) with { Agent = Target };

    private static Task<byte[]> WithReleaseAsync() => TestBundle.OfAsync([TestBundle.For(Named()) with { Release = Sign(s_manifest) }], s_image, s_artifact);

    private void AssertNoRelease()
    {
        Assert.Equal(0UL, _intake.Current.Generation);
        Assert.False(_releases.Has(Target.Digest));
        Assert.Null(_releases.Open(Target));
    }
}
