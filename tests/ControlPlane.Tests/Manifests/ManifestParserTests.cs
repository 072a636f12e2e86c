using System.Globalization;
using System.Text;
using MicroVm.ControlPlane.Host.Manifests;
using MicroVm.ControlPlane.Tests.Kit;
using MicroVm.Shared.Contracts.Api;
using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.ControlPlane.Tests.Manifests;

public sealed class ManifestParserTests
{
    [Fact]
    public void Parse_EveryField_IsRead()
    {
        DeploymentManifest manifest = One("""
            apiVersion: microvm/v1
            kind: Deployment
            metadata:
              name: hello
            spec:
              selector:
                matchLabels: {arch: x86_64, ring: "1"}
              workload:
                kind: Service
                name: web
                image: hello@sha256:00
                args: [--port, "80"]
                env: {GREETING: hi, EMPTY: ""}
                vcpus: 2
                memory: 1GiB
                restartPolicy: OnFailure
                terminationGracePeriod: 2m
            """);

        Assert.Equal(("hello", "web", "hello@sha256:00"), (manifest.Name.Value, manifest.Vm.Name.Value, manifest.Image));
        Assert.Equal(["arch=x86_64", "ring=1"], manifest.Selector.MatchLabels.Select(pair => $"{pair.Key}={pair.Value}"));
        Assert.Equal(["--port", "80"], manifest.Arguments!);
        Assert.Equal(["EMPTY=", "GREETING=hi"], manifest.Environment.Select(pair => $"{pair.Key}={pair.Value}"));
        Assert.Equal((2, 1024, RestartPolicy.OnFailure, 120), (manifest.Vm.VcpuCount, manifest.Vm.MemoryMib, manifest.Vm.RestartPolicy, manifest.Vm.GracePeriodSeconds));
        Assert.StartsWith("""{"selector":{"matchLabels":{"arch":"x86_64","ring":"1"}}""", manifest.SpecJson, StringComparison.Ordinal);
        Assert.Contains("\"vcpus\":2", manifest.SpecJson, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_OnlyWhatMustBeThere_TakesTheDefaults()
    {
        DeploymentManifest manifest = One(Samples.Manifest());

        Assert.Equal("hello", manifest.Vm.Name.Value);
        Assert.Null(manifest.Arguments);
        Assert.Equal((1, 128, RestartPolicy.Always, 10), (manifest.Vm.VcpuCount, manifest.Vm.MemoryMib, manifest.Vm.RestartPolicy, manifest.Vm.GracePeriodSeconds));
    }

    [Theory]
    [InlineData("memory: 128MB", "spec.workload.memory", "128MB")]
    [InlineData("memory: 128", "spec.workload.memory", "the number 128 (a text has quotes: \"128\")")]
    [InlineData("memory: 16MiB", "spec.workload.memory", "16MiB")]
    [InlineData("memory: 65GiB", "spec.workload.memory", "65GiB")]
    [InlineData("memory: 1.5GiB", "spec.workload.memory", "1.5GiB")]
    [InlineData("memory: -128MiB", "spec.workload.memory", "-128MiB")]
    [InlineData("memory: 999999999GiB", "spec.workload.memory", "999999999GiB")]
    [InlineData("memory:", "spec.workload.memory", "nothing")]
    [InlineData("vcpus: 0", "spec.workload.vcpus", "the number 0")]
    [InlineData("vcpus: 33", "spec.workload.vcpus", "the number 33")]
    [InlineData("vcpus: two", "spec.workload.vcpus", "two")]
    [InlineData("vcpus: \"2\"", "spec.workload.vcpus", "2")]
    [InlineData("vcpus: 1.5", "spec.workload.vcpus", "the number 1.5")]
    [InlineData("terminationGracePeriod: 10", "spec.workload.terminationGracePeriod", "the number 10 (a text has quotes: \"10\")")]
    [InlineData("terminationGracePeriod: 61m", "spec.workload.terminationGracePeriod", "61m")]
    [InlineData("terminationGracePeriod: 1h", "spec.workload.terminationGracePeriod", "1h")]
    [InlineData("restartPolicy: Sometimes", "spec.workload.restartPolicy", "Sometimes")]
    [InlineData("restartPolicy: 1", "spec.workload.restartPolicy", "the number 1 (a text has quotes: \"1\")")]
    [InlineData("args: echo hi", "spec.workload.args", "echo hi")]
    [InlineData("args: [1]", "spec.workload.args[0]", "the number 1")]
    [InlineData("args: [[a]]", "spec.workload.args[0]", "a list of 1")]
    [InlineData("env: [a]", "spec.workload.env", "a list of 1")]
    [InlineData("env: {A: 1}", "spec.workload.env.A", "the number 1 (a text has quotes: \"1\")")]
    [InlineData("env: {\"A=B\": x}", "spec.workload.env.A=B", "A=B")]
    [InlineData("env: {A: \"a\\0b\"}", "spec.workload.env.A", "a\uFFFDb")]
    [InlineData("name: UPPER", "spec.workload.name", "UPPER")]
    [InlineData("name: \"\"", "spec.workload.name", "an empty text")]
    [InlineData("memroy: 128MiB", "spec.workload.memroy", "an unknown field")]
    [InlineData("<<: {vcpus: 2}", "spec.workload.<<", "an unknown field")]
    public void Parse_OneWrongWorkloadField_IsNamedWithWhatWasFound(string line, string field, string found)
    {
        FieldError error = Assert.Single(Errors(Samples.Manifest(workload: line)));

        Assert.Equal((field, found), (error.Field, error.Found));
        Assert.NotEqual("", error.Expected);
    }

    [Theory]
    [InlineData("apiVersion: microvm/v1", "apiVersion: v2", "apiVersion", "v2")]
    [InlineData("apiVersion: microvm/v1", "", "apiVersion", "nothing")]
    [InlineData("kind: Deployment", "kind: Pod", "kind", "Pod")]
    [InlineData("kind: Service", "kind: Pod", "spec.workload.kind", "Pod")]
    [InlineData("name: hello", "name: Hello_1", "metadata.name", "Hello_1")]
    [InlineData("name: hello", "name: \"\"", "metadata.name", "an empty text")]
    [InlineData("name: hello", "label: hello", "metadata.label", "an unknown field")]
    [InlineData("image: hello:1", "", "spec.workload.image", "nothing")]
    [InlineData("image: hello:1", "image: {a: b}", "spec.workload.image", "a map of 1")]
    [InlineData("matchLabels: {arch: x86_64}", "expression: a in b", "spec.selector.expression", "'b' at character 6")]
    [InlineData("matchLabels: {arch: x86_64}", "expression: 7", "spec.selector.expression", "the number 7 (a text has quotes: \"7\")")]
    [InlineData("matchLabels: {arch: x86_64}", "matchLabels: {}", "spec.selector.matchLabels", "a map of 0")]
    [InlineData("matchLabels: {arch: x86_64}", "matchLabels: {a b: x}", "spec.selector.matchLabels.a b", "a b")]
    [InlineData("matchLabels: {arch: x86_64}", "matchLabels: {a: x y}", "spec.selector.matchLabels.a", "x y")]
    [InlineData("matchLabels: {arch: x86_64}", "matchLabels: {a: 1}", "spec.selector.matchLabels.a", "the number 1 (a text has quotes: \"1\")")]
    [InlineData("matchLabels: {arch: x86_64}", "matchExpressions: []", "spec.selector.matchExpressions", "an unknown field")]
    public void Parse_OneWrongFieldOutside_IsNamed(string from, string to, string field, string found) =>
        Assert.Contains(Errors(Samples.Manifest().Replace(from, to, StringComparison.Ordinal)), error => (error.Field, error.Found) == (field, found));

    [Theory]
    [InlineData("selector:\n    matchLabels: {arch: x86_64}", "selector: \"site in (a,b), !retired\"", "site in (a,b), !retired")]
    [InlineData("matchLabels: {arch: x86_64}", "expression: ring!=canary", "ring!=canary")]
    [InlineData("matchLabels: {arch: x86_64}", "matchLabels: {arch: x86_64}\n    expression: ring!=canary", "arch=x86_64, ring!=canary")]
    public void Parse_SelectorInTheLanguage_IsRead(string from, string to, string expected) => Assert.Equal(
        expected,
        Assert.Single(ManifestParser.Parse(Samples.Manifest().Replace(from, to, StringComparison.Ordinal), false, out _)).Selector.ToString());

    [Fact]
    public void Parse_SeveralWrongFields_AreAllNamed() => Assert.Equal(
        ["spec.workload.bogus", "spec.workload.memory", "spec.workload.vcpus"],
        Errors(Samples.Manifest(workload: "{memory: 1TB, vcpus: 99, bogus: 1}".Trim('{', '}').Replace(", ", "\n    ", StringComparison.Ordinal)))
            .Select(error => error.Field).Order(StringComparer.Ordinal));

    [Fact]
    public void Parse_DocumentThatIsNoMap_IsOneError() => Assert.Equal("", Assert.Single(Errors("[1, 2]")).Field);

    [Fact]
    public void Parse_SeveralDocuments_AreReadAndNamedByNumber()
    {
        string two = Samples.Manifest("a") + "\n---\n" + Samples.Manifest("b", workload: "memory: lots");

        FieldError error = Assert.Single(Errors(two));

        Assert.Equal("documents[1].spec.workload.memory", error.Field);
        Assert.Equal(2, ManifestParser.Parse(Samples.Manifest("a") + "\n---\n" + Samples.Manifest("b") + "\n---\n", false, out _).Count);
    }

    [Fact]
    public void Parse_OneNameTwice_IsWrong() =>
        Assert.Equal("documents[1].metadata.name", Assert.Single(Errors(Samples.Manifest() + "\n---\n" + Samples.Manifest())).Field);

    [Fact]
    public void Parse_Json_IsTheSame()
    {
        string json = """
            {"apiVersion":"microvm/v1","kind":"Deployment","metadata":{"name":"hello"},
             "spec":{"selector":{"matchLabels":{"arch":"x86_64"}},"workload":{"kind":"Service","image":"hello:1"}}}
            """;

        DeploymentManifest fromJson = Assert.Single(ManifestParser.Parse(json, true, out IReadOnlyList<FieldError> errors));
        DeploymentManifest fromYaml = One(Samples.Manifest());

        Assert.Empty(errors);
        Assert.Equal(fromYaml.SpecJson, fromJson.SpecJson);
        Assert.Equal(2, ManifestParser.Parse($"[{json},{json.Replace("\"hello\"", "\"b\"", StringComparison.Ordinal)}]", true, out _).Count);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("---\n---\n", false)]
    [InlineData("a: [", false)]
    [InlineData("a: 1\na: 2", false)]
    [InlineData("{[a]: b}", false)]
    [InlineData("a: *nowhere", false)]
    [InlineData("a: &x [*x]", false)]
    [InlineData("{", true)]
    [InlineData("{\"a\":1,\"a\":2}", true)]
    [InlineData("[]", true)]
    public void Parse_NoYamlOrJson_IsASyntaxErrorInOneLine(string text, bool isJson)
    {
        ManifestSyntaxException e = Assert.Throws<ManifestSyntaxException>(() => ManifestParser.Parse(text, isJson, out _));

        Assert.DoesNotContain('\n', e.Message);
        Assert.Contains("expected", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100_000, false)]
    [InlineData(100_000, true)]
    [InlineData(17, false)]
    public void Parse_DeepText_IsRefusedAndNotRecursedInto(int depth, bool isJson) => Assert.Throws<ManifestSyntaxException>(
        () => ManifestParser.Parse(new string('[', depth) + new string(']', depth), isJson, out _));

    [Fact]
    public void Parse_AnchorBomb_IsRefused()
    {
        StringBuilder bomb = new("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (int i = 1; i < 12; i++)
        {
            bomb.AppendLine(CultureInfo.InvariantCulture, $"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]");
        }

        ManifestSyntaxException e = Assert.Throws<ManifestSyntaxException>(() => ManifestParser.Parse(bomb.ToString(), false, out _));

        Assert.Contains("at most 20000 values", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_AnchorUsedAgain_IsTaken()
    {
        DeploymentManifest manifest = One(Samples.Manifest(workload: "env:\n      A: &a hi\n      B: *a"));

        Assert.Equal("hi", manifest.Environment["B"]);
    }

    [Fact]
    public void Parse_ProcessOverTheLimit_IsWrong() =>
        Assert.Equal("spec.workload", Assert.Single(Errors(Samples.Manifest(workload: $"args: [\"{new string('x', 40_000)}\"]"))).Field);

    private static DeploymentManifest One(string yaml)
    {
        IReadOnlyList<DeploymentManifest> manifests = ManifestParser.Parse(yaml, false, out IReadOnlyList<FieldError> errors);
        Assert.Empty(errors);
        return Assert.Single(manifests);
    }

    private static IReadOnlyList<FieldError> Errors(string yaml)
    {
        ManifestParser.Parse(yaml, false, out IReadOnlyList<FieldError> errors);
        return errors;
    }
}
