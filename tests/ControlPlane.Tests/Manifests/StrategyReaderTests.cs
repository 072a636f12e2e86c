using MicroVm.ControlPlane.Abstractions.Rollouts;
using MicroVm.ControlPlane.Host.Manifests;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Tests.Manifests;

public sealed class StrategyReaderTests
{
    [Fact]
    public void Strategy_WithEveryField_IsRead()
    {
        RolloutStrategy strategy = Read("""
            canary: {percent: 5}
            waves: [10, 25%, 100%]
            maxUnavailable: 10%
            ratePerMinute: 60
            soakSeconds: 90
            healthGate: {readySeconds: 20, maxRestarts: 2, maxErrorLines: 100}
            failureThreshold: 3
            onFailure: Pause
            progressDeadlineSeconds: 100
            offlineDeadlineSeconds: 200
            manualApproval: true
            windows:
              timeZone: Europe/Berlin
              download: [{from: "20:00", to: "24:00"}]
              switchOver: [{days: [Sat, Sun], from: "22:30", to: "05:00"}]
            """);

        Assert.Equal(new CanaryRule(new Amount(5, true), null), strategy.Canary);
        Assert.Equal("10, 25%, 100%", string.Join(", ", strategy.Waves));
        Assert.Equal((4, "canary (5%)", "wave 2 (10)", "wave 4 (100%)"), (strategy.WaveCount, strategy.NameOf(0), strategy.NameOf(1), strategy.NameOf(3)));
        Assert.Equal(("10%", 60, 90, "3"), ($"{strategy.MaxUnavailable}", strategy.RatePerMinute, strategy.SoakSeconds, $"{strategy.FailureThreshold}"));
        Assert.Equal(new HealthGate(20, 2, 100), strategy.Gate);
        Assert.Equal((FailureAction.Pause, 100, 200, true), (strategy.OnFailure, strategy.ProgressDeadlineSeconds, strategy.OfflineDeadlineSeconds, strategy.ManualApproval));
        DailyWindow window = Assert.Single(strategy.Windows!.SwitchOver);
        Assert.Equal((1350, 300), (window.FromMinute, window.ToMinute));
        Assert.Equal([DayOfWeek.Saturday, DayOfWeek.Sunday], window.Days);
        Assert.Equal((1200, 1440), (strategy.Windows.Download[0].FromMinute, strategy.Windows.Download[0].ToMinute));
    }

    [Fact]
    public void Strategy_Empty_HasTheDefaultsAndOneWave()
    {
        RolloutStrategy strategy = Read("{}");

        Assert.Equal((1, "wave 1 (100%)", "25%", "1"), (strategy.WaveCount, strategy.NameOf(0), $"{strategy.MaxUnavailable}", $"{strategy.FailureThreshold}"));
        Assert.Equal((FailureAction.Rollback, new HealthGate(10, 0, null)), (strategy.OnFailure, strategy.Gate));
    }

    [Fact]
    public void Strategy_Absent_IsAllAtOnce() =>
        Assert.Null(Assert.Single(ManifestParser.Parse(Samples.Manifest(), false, out _)).Strategy);

    [Fact]
    public void Canary_BySelector_IsRead() =>
        Assert.Equal("canary (ring=canary)", Read("canary: {selector: ring=canary}").NameOf(0));

    [Theory]
    [InlineData("canary: {}", "spec.strategy.canary", "0 of them")]
    [InlineData("canary: {count: 1, percent: 5}", "spec.strategy.canary", "2 of them")]
    [InlineData("canary: {count: 0}", "spec.strategy.canary.count", "the number 0")]
    [InlineData("canary: {percent: 101}", "spec.strategy.canary.percent", "the number 101")]
    [InlineData("canary: {selector: \"a in\"}", "spec.strategy.canary.selector", "the end at character 5")]
    [InlineData("canary: 1", "spec.strategy.canary", "the number 1")]
    [InlineData("waves: []", "spec.strategy.waves", "a list of 0")]
    [InlineData("waves: [50%, 25%]", "spec.strategy.waves[1]", "25%")]
    [InlineData("waves: [0]", "spec.strategy.waves[0]", "the number 0")]
    [InlineData("waves: [101%]", "spec.strategy.waves[0]", "101%")]
    [InlineData("waves: [5%%]", "spec.strategy.waves[0]", "5%%")]
    [InlineData("maxUnavailable: many", "spec.strategy.maxUnavailable", "many")]
    [InlineData("maxUnavailable: -1", "spec.strategy.maxUnavailable", "the number -1")]
    [InlineData("ratePerMinute: 0", "spec.strategy.ratePerMinute", "the number 0")]
    [InlineData("soakSeconds: 1h", "spec.strategy.soakSeconds", "1h")]
    [InlineData("healthGate: {readySeconds: -1}", "spec.strategy.healthGate.readySeconds", "the number -1")]
    [InlineData("healthGate: {ready: 1}", "spec.strategy.healthGate.ready", "an unknown field")]
    [InlineData("failureThreshold: 0", "spec.strategy.failureThreshold", "the number 0")]
    [InlineData("onFailure: Ignore", "spec.strategy.onFailure", "Ignore")]
    [InlineData("manualApproval: \"yes\"", "spec.strategy.manualApproval", "yes")]
    [InlineData("windows: {timeZone: Atlantis/City}", "spec.strategy.windows.timeZone", "Atlantis/City")]
    [InlineData("windows: {download: [{from: \"25:00\", to: \"05:00\"}]}", "spec.strategy.windows.download[0].from", "25:00")]
    [InlineData("windows: {download: [{from: \"05:00\", to: \"05:00\"}]}", "spec.strategy.windows.download[0].to", "05:00")]
    [InlineData("windows: {switchOver: [{days: [Montag], from: \"01:00\", to: \"05:00\"}]}", "spec.strategy.windows.switchOver[0].days", "Montag")]
    [InlineData("windows: {switchOver: []}", "spec.strategy.windows.switchOver", "a list of 0")]
    [InlineData("rollback: true", "spec.strategy.rollback", "an unknown field")]
    public void Strategy_WithAWrongField_NamesIt(string line, string field, string found)
    {
        ManifestParser.Parse(Manifest(line), false, out IReadOnlyList<FieldError> errors);

        Assert.Contains(errors, error => (error.Field, error.Found) == (field, found));
    }

    private static RolloutStrategy Read(string strategy)
    {
        DeploymentManifest manifest = Assert.Single(ManifestParser.Parse(Manifest(strategy), false, out IReadOnlyList<FieldError> errors));
        Assert.Empty(errors);
        return manifest.Strategy!;
    }

    private static string Manifest(string strategy) =>
        Samples.Manifest() + "\n  strategy:\n" + string.Join('\n', strategy.Split('\n').Select(line => "    " + line));
}
