using MicroVm.EdgeAgent.Bundles;
using MicroVm.EdgeAgent.Configuration;
using MicroVm.EdgeAgent.Desired;
using MicroVm.EdgeAgent.Diagnostics;
using MicroVm.EdgeAgent.Identity;
using MicroVm.EdgeAgent.Images;
using MicroVm.EdgeAgent.Reporting;
using MicroVm.EdgeAgent.Tests.TestDoubles;
using MicroVm.EdgeAgent.Update;
using MicroVm.Shared.Contracts.Bundles;
using MicroVm.Shared.Contracts.Commands;
using MicroVm.Shared.Contracts.Desired;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;
using MicroVm.TestKit;
using Microsoft.Extensions.Logging.Abstractions;

namespace MicroVm.EdgeAgent.Tests.Bundles;

public sealed partial class BundleApplierTests : IDisposable
{
    private static readonly byte[] s_image = [1], s_other = [2, 2];
    private readonly TempDirectory _directory = new();
    private readonly AgentOptions _options;
    private readonly IdentityStore _identity;
    private readonly MemoryStore _store = new();
    private readonly DesiredIntake _intake;
    private readonly ImageStore _images;
    private readonly PauseSwitch _pause;
    private readonly List<DeviceEvent> _events = [];
    private readonly HttpClient _http = new();
    private readonly ReleaseStore _releases;
    private readonly BundleApplier _applier;
    private readonly Heard _heard = new();

    public BundleApplierTests()
    {
        _options = TestOptions.In(_directory);
        _identity = TestIdentity.Open(_options);
        _intake = new DesiredIntake(_store, _identity, new Refusals(), new AgentCounters(), NullLogger.Instance);
        _images = new ImageStore(_directory["images"], NullLogger.Instance);
        _pause = new PauseSwitch(_directory["data"]);
        EventLog events = new(_events.Add, TimeProvider.System);
        _releases = new ReleaseStore(_directory["releases"], _identity, _http, new Uri("http://127.0.0.1:1"), new AgentCounters(), NullLogger.Instance);
        _applier = new BundleApplier(_options.DeviceId, _identity, _intake, _images, Releases, _pause, events, NullLogger.Instance);
    }

    [Fact]
    public async Task Apply_StateAndItsImage_AreHeldAndTheOutcomeSaysWhatChanged()
    {
        byte[] bundle = await TestBundle.OfAsync(Specs.State(7, Specs.Vm()), s_image, s_other);

        BundleOutcome outcome = await ApplyAsync(bundle);

        Assert.Equal((IntakeResult.Accepted, 0UL, 7UL, 1, 1L), (outcome.Result, outcome.Before, outcome.Generation, outcome.Imported, outcome.ImportedBytes));
        Assert.Equal([new BundleChange(Specs.Vm().Name, "new")], outcome.Changes);
        Assert.Equal((7UL, 7UL), (_intake.Current.Generation, _store.LoadDesired()!.Generation));
        Assert.Equal(s_image, await File.ReadAllBytesAsync(_images.PathOf(Digest.Of(s_image)), TestContext.Current.CancellationToken));
        Assert.Single(Directory.GetFiles(_directory["images"]));
        Assert.Equal(["BundleApplied"], _events.Select(static one => one.Reason));
        Assert.Equal([(Digest.Of(s_image), BundleContentState.Imported)], _heard.Images);
    }

    [Fact]
    public async Task Apply_TheSameAgain_ChangesNothing()
    {
        byte[] bundle = await TestBundle.OfAsync(Specs.State(7, Specs.Vm()), s_image);
        await ApplyAsync(bundle);
        int changes = 0;
        _intake.Changed += (_, _) => changes++;

        BundleOutcome outcome = await ApplyAsync(bundle);

        Assert.Equal((IntakeResult.AlreadyHeld, 0, 0), (outcome.Result, outcome.Imported, changes));
        Assert.Empty(outcome.Changes);
    }

    [Fact]
    public async Task Apply_HeldStateWhoseImageDidNotCome_BringsItAndTellsWhoWaits()
    {
        await ApplyAsync(await TestBundle.OfAsync(Specs.State(7, Specs.Vm()), s_image));
        File.Delete(_images.PathOf(Digest.Of(s_image)));
        File.WriteAllText(_images.PartialPathOf(Digest.Of(s_image)), "");
        IReadOnlySet<Digest>? told = null;
        _applier.Imported += digests => told = digests;

        BundleOutcome outcome = await ApplyAsync(await TestBundle.OfAsync(Specs.State(7, Specs.Vm()), s_image));

        Assert.Equal((IntakeResult.AlreadyHeld, 1), (outcome.Result, outcome.Imported));
        Assert.Equal([Digest.Of(s_image)], told!);
        Assert.False(File.Exists(_images.PartialPathOf(Digest.Of(s_image))));
    }

    [Fact]
    public async Task Apply_OnlyChecked_ChangesNothing()
    {
        BundleOutcome outcome = await ApplyAsync(await TestBundle.OfAsync(Specs.State(7, Specs.Vm()), s_image), check: true);

        Assert.Equal((true, IntakeResult.Accepted, 7UL, 1), (outcome.IsCheck, outcome.Result, outcome.Generation, outcome.Imported));
        AssertNothingApplied();
        Assert.Empty(_events);
    }

    [Fact]
    public async Task Apply_AnyRecordCutOrBitFlipped_AppliesNothing()
    {
        byte[] trust = SignTrust(TestFleet.Shared.Trust with { Version = 2 });
        byte[] bundle = await TestBundle.OfAsync([TestBundle.For(Specs.State(7, Specs.Vm()), trust)], s_image, s_other);
        for (int length = 0; length < bundle.Length; length++)
        {
            await Assert.ThrowsAsync<BundleRefusedException>(() => ApplyAsync(bundle[..length]));
        }

        for (int i = 0; i < bundle.Length; i++)
        {
            byte[] other = [.. bundle];
            other[i] ^= (byte)(1 << (i % 8));
            await Assert.ThrowsAsync<BundleRefusedException>(() => ApplyAsync(other));
        }

        Assert.Equal((0UL, null), (_intake.Current.Generation, _store.LoadDesired()));
        Assert.Equal(1UL, _identity.Current!.Trust.Version);
        Assert.All(Directory.GetFiles(_directory["images"]), file => Assert.Equal(_images.PathOf(Digest.Of(s_image)), file));
        Assert.Equal(7UL, (await ApplyAsync(bundle)).Generation);
    }

    [Fact]
    public async Task Apply_ForOtherDevices_IsRefusedAndSaysForWhom()
    {
        BundleDevice[] others = [.. Enumerable.Range(2, 7).Select(static i => TestBundle.For(Specs.State(7)) with { Device = DeviceId.Parse($"dev-{i}") })];
        await RefusesAsync(await TestBundle.OfAsync(others), "bundle: expected one for dev-1, found one for dev-2, dev-3, dev-4, dev-5, dev-6 and 2 more");
    }

    [Fact]
    public async Task Apply_OneOfSeveralDevices_TakesItsOwn()
    {
        BundleDevice other = new(DeviceId.Parse("dev-0"), TestFleet.Shared.SignDesired(DeviceId.Parse("dev-0"), Specs.Envelope(Specs.State(9, Specs.Vm("till", image: 2))).Encode()), []);
        byte[] bundle = await TestBundle.OfAsync([other, TestBundle.For(Specs.State(7, Specs.Vm()))], s_image, [2]);

        await ApplyAsync(bundle);

        Assert.Equal((7UL, "web"), (_intake.Current.Generation, _intake.Current.Vms.Single().Name.Value));
        Assert.Equal([_images.PathOf(Digest.Of(s_image))], Directory.GetFiles(_directory["images"]));
    }

    [Fact]
    public async Task Apply_AnothersStateUnderThisDevicesName_IsRefused()
    {
        DeviceId other = DeviceId.Parse("dev-2");
        BundleDevice forged = new(TestBundle.Device, TestFleet.Shared.SignDesired(other, Specs.Envelope(Specs.State(7)).Encode()), []);
        await RefusesAsync(await TestBundle.OfAsync([forged]), "expected one over a Desired message for 'dev-1'");
    }

    [Fact]
    public async Task Apply_SignedByAnotherFleet_IsRefused()
    {
        using TestFleet foreign = new();
        BundleDevice forged = new(TestBundle.Device, foreign.SignDesired(TestBundle.Device, Specs.Envelope(Specs.State(7, Specs.Vm())).Encode()), []);
        await RefusesAsync(await TestBundle.OfAsync([forged], s_image), "expected ES256 with one of 1 trusted keys");
    }

    [Fact]
    public async Task Apply_OlderOrOtherStateOfTheSameGeneration_IsRefusedWithBothNumbers()
    {
        await ApplyAsync(await TestBundle.OfAsync(Specs.State(7, Specs.Vm()), s_image));

        await RefusesAsync(await TestBundle.OfAsync(Specs.State(6, Specs.Vm("other")), s_image), "expected generation 7, which is held, or a later one, found 6");
        await RefusesAsync(await TestBundle.OfAsync(Specs.State(7, Specs.Vm("other")), s_image), "of generation 7 that is held, found another of the same generation");
        Assert.Equal("web", _intake.Current.Vms.Single().Name.Value);
    }

    [Fact]
    public async Task Apply_WithoutAnImageThatIsNeeded_IsRefusedByName()
    {
        await RefusesAsync(await TestBundle.OfAsync(Specs.State(7, Specs.Vm()), s_other), $"expected image app:1 ({Digest.Of(s_image)}), which the desired state needs, found none");
        AssertNothingApplied();
    }

    [Fact]
    public async Task Apply_NoRoomForItsImages_IsRefusedBeforeAnyIsRead()
    {
        VmSpec huge = Specs.Vm() with { Image = Specs.Image(s_image) with { SizeBytes = 1UL << 60 } };
        await RefusesAsync(await TestBundle.OfAsync(Specs.State(7, huge), s_image), $"disk: expected {(1UL << 60) + (16 << 20)} free bytes");
        Assert.Empty(_heard.Images);
        AssertNothingApplied();
    }

    [Fact]
    public async Task Apply_ImageForAnotherArchitecture_IsNotNeeded()
    {
        VmSpec foreign = Specs.Vm() with { Image = Specs.Image(s_image) with { Architecture = "riscv64" } };
        Assert.Equal(0, (await ApplyAsync(await TestBundle.OfAsync(Specs.State(7, foreign), s_image))).Imported);
        Assert.Empty(Directory.GetFiles(_directory["images"]));
    }

    [Fact]
    public async Task Apply_NewerTrust_IsTakenWithIt()
    {
        byte[] trust = SignTrust(TestFleet.Shared.Trust with { Version = 2 });
        BundleOutcome outcome = await ApplyAsync(await TestBundle.OfAsync([TestBundle.For(Specs.State(7), trust)]));
        Assert.Equal((2UL, 2UL), (outcome.TrustVersion, _identity.Current!.Trust.Version));

        Assert.Equal(0UL, (await ApplyAsync(await TestBundle.OfAsync([TestBundle.For(Specs.State(7), trust)]))).TrustVersion);
    }

    /// <summary>A file can be carried in again and again, so that it must not order what happens once.</summary>
    [Fact]
    public async Task Apply_AnotherCommandInPlaceOfTrust_IsRefused()
    {
        byte[] wipe = TestFleet.Shared.SignCommand(Audience, new DeviceCommand(Guid.NewGuid(), CommandKind.Decommission, []).Encode());
        await RefusesAsync(await TestBundle.OfAsync([TestBundle.For(Specs.State(7), wipe)]), "expected a command of kind Trust, found Decommission");
        AssertNothingApplied();
    }

    [Fact]
    public async Task Apply_DeviceThatIsNotEnrolled_IsRefused()
    {
        IdentityStore nobody = new(new IdentityFiles(_directory["nobody"]), _options.DeviceId);
        nobody.Open();
        BundleApplier applier = new(_options.DeviceId, nobody, _intake, _images, Releases, _pause, new EventLog(_events.Add, TimeProvider.System), NullLogger.Instance);
        MemoryStream bundle = new(await TestBundle.OfAsync(Specs.State(7)));
        BundleRefusedException fault = await Assert.ThrowsAsync<BundleRefusedException>(() => applier.ApplyAsync(bundle, false, 0, _heard, default));
        Assert.Contains("expected a device that is enrolled", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_StoreThatKeepsNothing_IsRefusedAndTriedAgain()
    {
        byte[] bundle = await TestBundle.OfAsync(Specs.State(7, Specs.Vm()), s_image);
        FailingStore failing = new(_store);
        DesiredIntake intake = new(failing, _identity, new Refusals(), new AgentCounters(), NullLogger.Instance);
        failing.Broken = true;
        BundleApplier applier = new(_options.DeviceId, _identity, intake, _images, Releases, _pause, new EventLog(_events.Add, TimeProvider.System), NullLogger.Instance);

        BundleRefusedException fault = await Assert.ThrowsAsync<BundleRefusedException>(() => applier.ApplyAsync(new MemoryStream(bundle), false, 0, _heard, default));
        Assert.Contains("NotKept", fault.Message, StringComparison.Ordinal);
        Assert.Equal(0UL, intake.Current.Generation);
        failing.Broken = false;
        Assert.Equal((7UL, 0), await Again());

        async Task<(ulong, int)> Again()
        {
            BundleOutcome outcome = await applier.ApplyAsync(new MemoryStream(bundle), false, 0, _heard, default);
            return (outcome.Generation, outcome.Imported);
        }
    }

    [Fact]
    public async Task Apply_WhileAnotherIs_IsRefused()
    {
        using BlockedStream blocked = new(await TestBundle.OfAsync(Specs.State(7, Specs.Vm()), s_image));
        Task<BundleOutcome> first = _applier.ApplyAsync(blocked, false, 0, _heard, default);
        await RefusesAsync(await TestBundle.OfAsync(Specs.State(8)), "expected one bundle at a time");
        blocked.Go.SetResult();
        Assert.Equal(7UL, (await Phase.Of("first bundle", first)).Generation);
        Assert.Equal(8UL, (await ApplyAsync(await TestBundle.OfAsync(Specs.State(8)))).Generation);
    }

    /// <summary>Images are collected whenever a VM settles; what a bundle has brought so far is not yet needed by anybody.</summary>
    [Fact]
    public async Task Apply_ImagesCollectedMeanwhile_KeepsWhatItBrought()
    {
        _heard.OnImage = () => _images.Collect(static () => new HashSet<Digest>());
        await ApplyAsync(await TestBundle.OfAsync(Specs.State(7, Specs.Vm(), Specs.Vm("other", image: 3)), s_image, [3]));
        Assert.Equal(2, Directory.GetFiles(_directory["images"]).Length);

        _heard.OnImage();
        Assert.Empty(Directory.GetFiles(_directory["images"]));
    }

    [Fact]
    public void Open_ImportsThatWereCutOff_AreForgotten()
    {
        File.WriteAllText(_images.ImportPathOf(Digest.Of(s_image)), "half");
        _ = new ImageStore(_directory["images"], NullLogger.Instance);
        Assert.Empty(Directory.GetFiles(_directory["images"]));
    }

    public void Dispose()
    {
        _http.Dispose();
        _directory.Dispose();
    }

    private string Audience => DeviceCommand.Audience(_options.DeviceId, _identity.Current!.KeyDigest);

    private byte[] SignTrust(Shared.Contracts.Identity.TrustBundle trust) =>
        TestFleet.Shared.SignCommand(Audience, new DeviceCommand(Guid.NewGuid(), CommandKind.Trust, trust.Encode()).Encode());

    private Task<BundleOutcome> ApplyAsync(byte[] bundle, bool check = false) =>
        _applier.ApplyAsync(new MemoryStream(bundle), check, 0, _heard, TestContext.Current.CancellationToken);

    private async Task RefusesAsync(byte[] bundle, string why)
    {
        BundleRefusedException fault = await Assert.ThrowsAsync<BundleRefusedException>(() => ApplyAsync(bundle));
        Assert.Contains(why, fault.Message, StringComparison.Ordinal);
    }

    private void AssertNothingApplied()
    {
        Assert.Equal((0UL, null), (_intake.Current.Generation, _store.LoadDesired()));
        Assert.Empty(Directory.GetFiles(_directory["images"]));
    }

    private sealed class Heard : IBundleListener
    {
        internal List<(Digest, BundleContentState)> Images { get; } = [];

        internal Action OnImage { get; set; } = static () => { };

        public ValueTask OnBeginAsync(BundleHeader header, ulong generation) => ValueTask.CompletedTask;

        public ValueTask OnProgressAsync(long doneBytes, long totalBytes) => ValueTask.CompletedTask;

        public ValueTask OnContentAsync(BundleContent content, BundleContentState state)
        {
            Images.Add((content.Image.Digest, state));
            OnImage();
            return ValueTask.CompletedTask;
        }
    }

    private sealed class BlockedStream(byte[] bytes) : MemoryStream(bytes)
    {
        internal TaskCompletionSource Go { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Go.Task;
            return await base.ReadAsync(buffer, cancellationToken);
        }
    }
}
