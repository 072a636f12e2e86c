using System.Text;
using System.Text.Json;
using Json.Schema;
using MicroVm.ControlPlane.Host.Manifests;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Contracts.Api;

namespace MicroVm.ControlPlane.Tests.Manifests;

/// <summary>The published schema and the readers agree on the corpus; what no schema can say is the readers' alone.</summary>
public sealed class ManifestSchemaTests
{
    private static readonly JsonSchema s_schema = JsonSchema.FromText(Encoding.UTF8.GetString(ManifestSchema.Bytes));

    [Theory]
    [MemberData(nameof(WorkloadCorpus.Good), MemberType = typeof(WorkloadCorpus))]
    public void Schema_TakesWhatTheReaderTakes(string lines) => Assert.True(IsValid(WorkloadCorpus.Manifest(lines)));

    [Theory]
    [MemberData(nameof(WorkloadCorpus.Bad), MemberType = typeof(WorkloadCorpus))]
    public void Schema_RefusesWhatItCanOfWhatTheReaderRefuses(string lines, string field, string found, bool inSchema)
    {
        Assert.True(IsValid(WorkloadCorpus.Manifest(lines)) != inSchema, $"{field} {found}");
    }

    [Theory]
    [InlineData("selector:\n    matchLabels: {arch: x86_64}", "selector: site in (a,b)", true)]
    [InlineData("matchLabels: {arch: x86_64}", "expression: ring!=canary", true)]
    [InlineData("matchLabels: {arch: x86_64}", "matchLabels: {}", false)]
    [InlineData("apiVersion: microvm/v1", "apiVersion: v2", false)]
    [InlineData("kind: Deployment", "kind: Pod", false)]
    [InlineData("name: hello", "name: Hello", false)]
    [InlineData("image: hello:1", "memroy: 1GiB", false)]
    public void Schema_OfTheRest_AgreesWithTheReader(string from, string to, bool right)
    {
        string manifest = Samples.Manifest().Replace(from, to, StringComparison.Ordinal);
        ManifestParser.Parse(manifest, false, out IReadOnlyList<FieldError> errors);

        Assert.Equal((right, right), (errors.Count == 0, IsValid(manifest)));
    }

    [Theory]
    [InlineData("strategy: {canary: {percent: 5}, waves: [10%, 50%], maxUnavailable: 3, soakSeconds: 60, onFailure: Rollback, manualApproval: true}", true)]
    [InlineData("strategy: {windows: {timeZone: UTC, switchOver: [{days: [Sat], from: \"22:00\", to: \"24:00\"}]}, healthGate: {readySeconds: 5}}", true)]
    [InlineData("strategy: {canary: {percent: 5, count: 1}}", false)]
    [InlineData("strategy: {waves: [0]}", false)]
    [InlineData("strategy: {onFailure: Panic}", false)]
    public void Schema_OfAStrategy_AgreesWithTheReader(string line, bool right)
    {
        string manifest = Samples.Manifest() + "\n  " + line;
        ManifestParser.Parse(manifest, false, out IReadOnlyList<FieldError> errors);

        Assert.Equal((right, right), (errors.Count == 0, IsValid(manifest)));
    }

    [Fact]
    public void Samples_AreRightByReaderAndSchema()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "MicroVm.sln")))
        {
            folder = Path.GetDirectoryName(folder)!;
        }

        string[] samples = Directory.GetFiles(Path.Combine(folder, "deploy", "samples"), "*.yaml", SearchOption.AllDirectories);
        Assert.True(samples.Length >= 3);
        Assert.All(samples, file =>
        {
            string manifest = File.ReadAllText(file);
            Assert.StartsWith("# yaml-language-server: $schema=", manifest, StringComparison.Ordinal);
            ManifestParser.Parse(manifest, false, out IReadOnlyList<FieldError> errors);
            Assert.Empty(errors);
            Assert.True(IsValid(manifest), file);
        });
    }

    [Fact]
    public async Task Schema_IsServedWithoutAToken()
    {
        await using RunningControlPlane controlPlane = await RunningControlPlane.StartAsync();
        using HttpClient anybody = controlPlane.NewHttp(null);

        using HttpResponseMessage response = await anybody.GetAsync(ApiPaths.ManifestSchema);

        Assert.Equal(ManifestSchema.Bytes, await response.Content.ReadAsByteArrayAsync());
        Assert.Equal("application/schema+json", response.Content.Headers.ContentType?.MediaType);
        // It names no address: it is known by the one that it was read from, whatever the fleet is called.
        using JsonDocument schema = JsonDocument.Parse(ManifestSchema.Bytes);
        Assert.False(schema.RootElement.TryGetProperty("$id", out _));
    }

    private static bool IsValid(string yaml)
    {
        using JsonDocument json = JsonDocument.Parse(ManifestJson.Write(Assert.Single(YamlManifestReader.Read(yaml))));
        return s_schema.Evaluate(json.RootElement).IsValid;
    }
}
