using System.Text;
using MicroVm.EdgeAgent.Telemetry.Workloads;
using MicroVm.Shared.Contracts.Telemetry;
using MicroVm.Shared.Identity;

namespace MicroVm.EdgeAgent.Tests.Telemetry.Workloads;

public sealed class MetricMessageTests
{
    private const long Now = 1_800_000_000_000;
    private static readonly ResourceName s_vm = ResourceName.Parse("web");
    private readonly List<MetricPoint> _points = [];

    [Fact]
    public void Object_WithEverything_IsAPoint()
    {
        Assert.Null(Read("""{"name":"belt.speed","value":-1.5e2,"unit":"m/s","labels":{"site":"Köln","line":"4"},"timestamp":1799999999000}"""));

        MetricPoint point = Assert.Single(_points);
        Assert.Equal(("belt.speed", -150.0, "m/s", 1_799_999_999_000), (point.Name, point.Value, point.Unit, point.AtUnixMs));
        Assert.Equal(["line=4", "site=Köln"], point.Labels.Select(label => $"{label.Key}={label.Value}"));
    }

    [Fact]
    public void Array_OfObjects_IsAPointEach()
    {
        Assert.Null(Read(""" [ {"name":"a","value":1}, {"value":2,"name":"b"} ] """));

        Assert.Equal([("a", 1.0, Now), ("b", 2.0, Now)], _points.Select(point => (point.Name, point.Value, point.AtUnixMs)));
    }

    [Theory]
    [InlineData("", "expected JSON, found something else at byte 0")]
    [InlineData("nonsense", "expected JSON, found something else at byte 0")]
    [InlineData("""{"name":"a","value":1""", "expected JSON")]
    [InlineData("""{"name":"a","value":1} {}""", "expected JSON, found something else at byte 23")]
    [InlineData("7", "expected an object, found a number")]
    [InlineData("[]", "expected at least one point")]
    [InlineData("""[{"name":"a","value":1},7]""", "point 2: expected an object, found a number")]
    [InlineData("""{"value":1}""", "expected a name and a value, found no name")]
    [InlineData("""{"name":"a"}""", "expected a name and a value, found no value")]
    [InlineData("""{"name":"a","value":"1"}""", "value: expected a number, found a string")]
    [InlineData("""{"name":"a","value":1e999}""", "value of 'a': expected a finite number")]
    [InlineData("""{"name":7,"value":1}""", "name: expected a string, found a number")]
    [InlineData("""{"name":"a b","value":1}""", "name: expected a letter")]
    [InlineData("""{"name":"a","value":1,"labels":{"x":1}}""", "label 'x': expected a string, found a number")]
    [InlineData("""{"name":"a","value":1,"labels":{"x":"1","x":"2"}}""", "labels: expected each name once")]
    [InlineData("""{"name":"a","value":1,"labels":[]}""", "labels: expected an object of strings, found an array")]
    [InlineData("""{"name":"a","value":1,"timestamp":1.5}""", "timestamp: expected whole milliseconds")]
    [InlineData("""{"name":"a","value":1,"timestamp":1}""", "timestamp: expected milliseconds since 1970 at most 86400 s before")]
    [InlineData("""{"name":"a","value":1,"tags":{}}""", "expected one of name, value, unit, labels, timestamp, found 'tags'")]
    [InlineData("""{"name":"\ud800","value":1}""", "expected JSON, found something else")]
    [InlineData("[[[[[[[[[[[[1]]]]]]]]]]]]", "point 1: expected an object, found an array")]
    public void AnythingElse_IsRefusedInOneLineAndNothingIsTaken(string json, string expected)
    {
        string? fault = Read(json);

        Assert.NotNull(fault);
        Assert.StartsWith(expected, fault);
        Assert.Empty(_points);
    }

    [Fact]
    public void TooManyPoints_AreRefused()
    {
        string many = string.Join(',', Enumerable.Repeat("""{"name":"a","value":1}""", MetricLimits.PointsPerMessage + 1));

        Assert.Equal($"expected at most {MetricLimits.PointsPerMessage} points in a message, found more", Read($"[{many}]"));
    }

    private string? Read(string json) => MetricMessage.TryRead(s_vm, Encoding.UTF8.GetBytes(json), Now, _points);
}
