using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace MicroVm.EdgeAgent.Doctor;

/// <summary>Writes checks down: for people a line each, for machines one JSON object.</summary>
internal static class DoctorReport
{
    /// <summary>Lines such as <c>FAIL kvm: found no /dev/kvm; expected …; modprobe kvm_intel</c>.</summary>
    internal static string ToText(IReadOnlyList<CheckResult> results)
    {
        StringBuilder text = new();
        foreach (CheckResult result in results)
        {
            text.Append(LabelOf(result.Status).PadRight(5)).Append(result).Append('\n');
        }

        int failures = results.Count(static result => result.Status == CheckStatus.Fail);
        int warnings = results.Count(static result => result.Status == CheckStatus.Warn);
        string verdict = failures != 0 ? "this host does not run VMs as it is" : "this host runs VMs";
        return text.Append(verdict).Append(": ").Append(failures).Append(" failed, ").Append(warnings).Append(" warnings\n").ToString();
    }

    /// <summary><c>{"version":1,"agent":…,"architecture":…,"status":…,"checks":[{"name","status","found","expected","advice"}]}</c>, one line.</summary>
    internal static string ToJson(IReadOnlyList<CheckResult> results, string agentVersion, string architecture)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteNumber("version", 1);
            json.WriteString("agent", agentVersion);
            json.WriteString("architecture", architecture);
            json.WriteString("status", LabelOf(HostChecks.Worst(results)).ToLowerInvariant());
            json.WriteStartArray("checks");
            foreach (CheckResult result in results)
            {
                json.WriteStartObject();
                json.WriteString("name", result.Name);
                json.WriteString("status", LabelOf(result.Status).ToLowerInvariant());
                json.WriteString("found", result.Found);
                json.WriteString("expected", result.Expected);
                json.WriteString("advice", result.Advice);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static string LabelOf(CheckStatus status) => status switch
    {
        CheckStatus.Ok => "ok",
        CheckStatus.Warn => "warn",
        _ => "FAIL",
    };
}
