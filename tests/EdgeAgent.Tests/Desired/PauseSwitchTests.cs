using MicroVm.EdgeAgent.Desired;
using MicroVm.EdgeAgent.Store;
using MicroVm.EdgeAgent.Tests.TestDoubles;

namespace MicroVm.EdgeAgent.Tests.Desired;

public sealed class PauseSwitchTests : IDisposable
{
    private static readonly DateTimeOffset s_now = new(2026, 3, 1, 12, 30, 0, TimeSpan.Zero);

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Hold_OutlivesTheAgent_UntilReleased()
    {
        PauseSwitch first = new(_directory.Path);
        int changes = 0;
        first.Changed += () => changes++;
        Assert.Null(first.Text);

        first.Hold(1000, "fan", s_now);
        Assert.Equal("since 2026-03-01 12:30 UTC by uid 1000: fan", new PauseSwitch(_directory.Path).Text);
        first.Hold(0, "", s_now);
        Assert.Equal("since 2026-03-01 12:30 UTC by uid 0", new PauseSwitch(_directory.Path).Text);

        first.Release();
        first.Release();
        Assert.Null(first.Text);
        Assert.Null(new PauseSwitch(_directory.Path).Text);
        Assert.Equal(4, changes);
    }

    [Fact]
    public void Hold_ThatCannotBeKept_ChangesNothing()
    {
        PauseSwitch pause = new(_directory.Path);
        Directory.CreateDirectory(_directory["paused.new"]);
        Assert.Throws<StoreException>(() => pause.Hold(0, "fan", s_now));
        Assert.Null(pause.Text);
    }

    [Fact]
    public void Reason_ThatIsTooLong_IsCut()
    {
        PauseSwitch pause = new(_directory.Path);
        pause.Hold(0, new string('x', 900), s_now);
        Assert.EndsWith(": " + new string('x', PauseSwitch.MaxReasonCharacters), pause.Text);
        Assert.DoesNotContain(new string('x', PauseSwitch.MaxReasonCharacters + 1), pause.Text, StringComparison.Ordinal);
    }
}
