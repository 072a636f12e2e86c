namespace MicroVm.Shared.Contracts.Api;

/// <summary>Paths of the REST API. Names in them are already checked and need no escaping.</summary>
public static class ApiPaths
{
    /// <summary>Prefix of this version.</summary>
    public const string Root = "/api/v1";

    /// <summary>POST: applies a manifest (YAML or JSON, one or several documents). <c>?dryRun=true</c> only checks.</summary>
    public const string Apply = Root + "/apply";

    /// <summary>GET: all devices.</summary>
    public const string Devices = Root + "/devices";

    /// <summary>GET: all deployments.</summary>
    public const string Deployments = Root + "/deployments";

    /// <summary>GET: all images. POST <c>?name=N</c>: a tar of an OCI image layout.</summary>
    public const string Images = Root + "/images";

    /// <summary>GET: the newest samples of every device.</summary>
    public const string Telemetry = Root + "/telemetry";

    /// <summary>GET: identities of devices, those that wait for approval among them.</summary>
    public const string Identities = Root + "/identities";

    /// <summary>GET: enrolment tokens. POST: makes one.</summary>
    public const string EnrolmentTokens = Root + "/enrolment-tokens";

    /// <summary>GET: tokens of operators. POST: makes one.</summary>
    public const string ApiTokens = Root + "/tokens";

    /// <summary>GET: the fleet's keys.</summary>
    public const string Fleet = Root + "/fleet";

    /// <summary>GET: what was changed by whom; <c>?after=ID&amp;limit=N</c>.</summary>
    public const string Audit = Root + "/audit";

    /// <summary>GET: what happened on devices, newest last: <c>?device=D</c>, <c>?vm=V</c>, <c>?since=TIME</c>, <c>?limit=N</c>, <c>?after=ID</c>; <c>?follow=true</c> as server-sent events.</summary>
    public const string Events = Root + "/events";

    /// <summary>GET: the JSON Schema of manifests.</summary>
    public const string ManifestSchema = Root + "/schema/manifest.json";

    /// <summary>GET: names and versions of secrets.</summary>
    public const string Secrets = Root + "/secrets";

    /// <summary>GET: who the caller is.</summary>
    public const string Caller = Root + "/whoami";

    /// <summary>GET: releases of the agent. POST <c>?version=V&amp;architecture=A</c>: an artifact.</summary>
    public const string AgentReleases = Root + "/agent-releases";

    /// <summary>GET: which agent each device runs and should run; <c>?selector=S</c>. POST: has devices run one.</summary>
    public const string AgentUpdates = Root + "/agent-updates";

    /// <summary>GET one identity.</summary>
    public static string Identity(string device) => $"{Identities}/{device}";

    /// <summary>POST: <c>approve</c>, <c>revoke</c> or <c>decommission</c>.</summary>
    public static string IdentityAction(string device, string action) => $"{Identities}/{device}/{action}";

    /// <summary>DELETE an enrolment token: it lets nobody in any more.</summary>
    public static string EnrolmentToken(string id) => $"{EnrolmentTokens}/{id}";

    /// <summary>DELETE an operator's token.</summary>
    public static string ApiToken(string id) => $"{ApiTokens}/{id}";

    /// <summary>POST: <c>rotate</c> or <c>retire</c> a key of a kind, <c>signing</c> or <c>authority</c>.</summary>
    public static string FleetAction(string kind, string action) => $"{Fleet}/{kind}/{action}";

    /// <summary>GET one device.</summary>
    public static string Device(string id) => $"{Devices}/{id}";

    /// <summary>PUT a device's labels (<c>If-Match</c>).</summary>
    public static string DeviceLabels(string id) => $"{Devices}/{id}/labels";

    /// <summary>POST: what a bundle has for a device.</summary>
    public static string Bundle(string id) => $"{Devices}/{id}/bundle";

    /// <summary>GET a device's samples; <c>?limit=N</c>.</summary>
    public static string DeviceTelemetry(string id) => $"{Devices}/{id}/telemetry";

    /// <summary>GET a device's settings. PUT replaces them (<c>If-Match</c>).</summary>
    public static string DeviceSettings(string id) => $"{Devices}/{id}/settings";

    /// <summary>GET the series of workloads' metrics with their newest points: <c>?vm=V</c>, <c>?name=N</c>, <c>?limit=N</c>.</summary>
    public static string Metrics(string id) => $"{Devices}/{id}/metrics";

    /// <summary>GET points of workloads' metrics, newest last: <c>?vm=V</c>, <c>?name=N</c>, <c>?since=TIME</c>, <c>?limit=N</c>.</summary>
    public static string MetricPoints(string id) => $"{Devices}/{id}/metrics/points";

    /// <summary>GET a VM's log lines: <c>?tail=N</c>, <c>?after=CURSOR</c>; <c>?follow=true</c> as server-sent events.</summary>
    public static string Logs(string device, string vm) => $"{Devices}/{device}/vms/{vm}/logs";

    /// <summary>GET with an upgrade to a WebSocket: a session (<see cref="Sessions.SessionFrame"/>) with a VM, of exec or of a port.</summary>
    public static string Session(string device, string vm) => $"{Devices}/{device}/vms/{vm}/session";

    /// <summary>GET with an upgrade to a WebSocket, by a device: the other end of a session that it was told of.</summary>
    public static string DeviceSession(string session) => $"{Root}/device-sessions/{session}";

    /// <summary>DELETE a volume that the VM left on the device, or has.</summary>
    public static string Volume(string device, string vm, string volume) => $"{Devices}/{device}/vms/{vm}/volumes/{volume}";

    /// <summary>PUT: a new version of a secret, its bytes as the body. DELETE: forgets it.</summary>
    public static string Secret(string name) => $"{Secrets}/{name}";

    /// <summary>GET, PUT (<c>If-Match</c>), DELETE one deployment.</summary>
    public static string Deployment(string name) => $"{Deployments}/{name}";

    /// <summary>GET a deployment's status as server-sent events until the client closes.</summary>
    public static string DeploymentWatch(string name) => $"{Deployments}/{name}/watch";

    /// <summary>POST: <c>pause</c>, <c>resume</c>, <c>abort</c>, <c>promote</c>, <c>approve</c> or <c>rollback</c> a deployment's rollout.</summary>
    public static string Rollout(string name, string verb) => $"{Deployments}/{name}/rollout/{verb}";

    /// <summary>GET one image by digest.</summary>
    public static string Image(string digest) => $"{Images}/{digest}";

    /// <summary>GET an agent release's artifact by digest; ranges are served.</summary>
    public static string AgentArtifact(string digest) => $"{AgentReleases}/{digest}/artifact";

    /// <summary>GET an agent release's signed manifest, signed with a key that the holder of a trust bundle knows.</summary>
    public static string AgentManifest(string digest, ulong trustVersion) => $"{AgentReleases}/{digest}/manifest?trust={trustVersion}";

    /// <summary>GET an image's squashfs by digest; ranges are served.</summary>
    public static string ImageRootFs(string digest) => $"{Images}/{digest}/rootfs";
}
