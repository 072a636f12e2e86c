using System.Text.Json;
using MicroVm.Shared.Contracts.Reported;

namespace MicroVm.EdgeAgent.Doctor;

/// <summary>
/// Judges what the agent on this host says of itself (<see cref="Local.LocalDocuments"/>). Pure. Nothing of it keeps VMs from running as they
/// do, so nothing fails.
/// </summary>
internal static class AgentChecks
{
    private const int NamedVms = 5;

    /// <summary>Every check of an agent that answered.</summary>
    /// <param name="status">Its status.</param>
    /// <param name="vms">Its VMs.</param>
    internal static IReadOnlyList<CheckResult> Judge(JsonElement status, IReadOnlyList<JsonElement> vms)
    {
        JsonElement link = status.GetProperty("link");
        return
        [
            CheckResult.Ok("agent", $"{Text(status, "agent")}, generation {status.GetProperty("generation")}", "an agent that answers"),
            Connection(status, link), Certificate(link, Text(status.GetProperty("host"), "time")), Refusal(link), Changes(status), Update(status), Images(status), Vms(vms),
        ];
    }

    /// <summary>The check of an agent that did not answer.</summary>
    internal static CheckResult Absent(string reason) => CheckResult.Warn(
        "agent", $"none: {reason}", "an agent that answers", "start it, and see its log when it ends; VMs that run go on meanwhile");

    private static CheckResult Connection(JsonElement status, JsonElement link)
    {
        const string name = "control-plane", expected = "a connection";
        string place = Text(status, "controlPlane"), since = Text(link, "since");
        return status.GetProperty("connected").GetBoolean() ? CheckResult.Ok(name, $"{place}, connected since {since}", expected)
            : !link.GetProperty("enrolled").GetBoolean() ? CheckResult.Warn(
                name, $"{place}, a device that is not enrolled{Because(link, "identityFault")}", expected, "see that its token is good and the control plane is reached")
            : CheckResult.Warn(
                name, $"{place}, not connected{(since.Length == 0 ? " yet" : $" since {since}")}{Because(link, "fault")}", expected,
                "VMs go on; look at cable, address and firewall; changes can be carried in with 'microvm-agent apply'");
    }

    private static CheckResult Certificate(JsonElement link, string now)
    {
        const string name = "certificate", expected = "one that this device's clock is within";
        string from = Text(link, "certificateFrom"), until = Text(link, "certificateUntil");
        return until.Length == 0 ? CheckResult.Warn(name, $"none{Because(link, "identityFault")}", expected, "the device enrols when the control plane is reached")
            : string.CompareOrdinal(now, until) > 0 ? CheckResult.Warn(
                name, $"one that ended at {until}; the clock says {now}", expected, "set the clock when it is wrong; else the device enrols anew with a token")
            : string.CompareOrdinal(now, from) < 0 ? CheckResult.Warn(name, $"one that begins at {from}; the clock says {now}", expected, "the clock is wrong: set it")
            : CheckResult.Ok(name, $"until {until}", expected);
    }

    private static CheckResult Refusal(JsonElement link) => Text(link, "refusal") is { Length: > 0 } refusal
        ? CheckResult.Warn("desired-state", $"refused: {refusal}", "one that was taken", "tell the fleet's operator; VMs go on as they were")
        : CheckResult.Ok("desired-state", "taken", "one that was taken");

    private static CheckResult Changes(JsonElement status) => Text(status, "paused") is { Length: > 0 } paused
        ? CheckResult.Warn("changes", $"paused {paused}", "changes that go through", "'microvm-agent resume' lets them")
        : CheckResult.Ok("changes", "not paused", "changes that go through");

    /// <summary>An agent of before it said so has nothing to say.</summary>
    private static CheckResult Update(JsonElement status)
    {
        const string name = "agent-update", expected = "an agent that is wanted";
        return !status.TryGetProperty("update", out JsonElement update) || Text(update, "version").Length == 0
            ? CheckResult.Ok(name, "none is named", expected)
            : Text(update, "phase") is nameof(AgentPhase.Failed) or nameof(AgentPhase.Refused) ? CheckResult.Warn(
                name, $"{Text(update, "version")}, {Text(update, "phase").ToLowerInvariant()}{Because(update, "message")}", expected, "tell the fleet's operator; this agent goes on")
            : CheckResult.Ok(name, $"{Text(update, "version")}, {Text(update, "phase").ToLowerInvariant()}{Because(update, "message")}", expected);
    }

    private static CheckResult Images(JsonElement status)
    {
        string[] missing = [.. status.GetProperty("images").EnumerateArray().Where(static image => !image.GetProperty("complete").GetBoolean()).Select(static image => Text(image, "name"))];
        return missing.Length == 0
            ? CheckResult.Ok("images", "every one that is needed", "every one that is needed")
            : CheckResult.Warn("images", $"none of {string.Join(", ", missing)}", "every one that is needed", "they come with a connection, or with a bundle");
    }

    private static CheckResult Vms(IReadOnlyList<JsonElement> vms)
    {
        const string expected = "VMs that run or have ended well";
        JsonElement[] others = [.. vms.Where(static vm => Text(vm, "phase") is not ("Running" or "Completed") || Text(vm, "reason").Length > 0)];
        string named = string.Join("; ", others.Take(NamedVms).Select(static vm => $"{Text(vm, "name")} {Text(vm, "phase")} {Text(vm, "reason")} {Text(vm, "message")}".TrimEnd()));
        return others.Length == 0 ? CheckResult.Ok("vms", $"{vms.Count} as they should be", expected)
            : CheckResult.Warn("vms", $"{named}{(others.Length > NamedVms ? $"; and {others.Length - NamedVms} more" : "")}", expected, "'microvm-agent logs VM' has the workload's words, 'events' what happened");
    }

    private static string Because(JsonElement element, string key) => Text(element, key) is { Length: > 0 } why ? $": {why}" : "";

    private static string Text(JsonElement element, string key) => element.GetProperty(key).GetString() ?? "";
}
