using MicroVm.ControlPlane.Tests.Kit;

namespace MicroVm.ControlPlane.Tests.Manifests;

/// <summary>Workloads that reader and schema both have to judge, as lines of <c>spec.workload</c>.</summary>
public static class WorkloadCorpus
{
    /// <summary>Every field there is.</summary>
    internal const string Everything = """
        command: [/bin/server]
        args: [--port, "80"]
        env: {GREETING: hi}
        user: app:app
        workingDir: /srv
        stopSignal: SIGQUIT
        readOnlyRoot: true
        capabilities: {add: [NET_ADMIN, CAP_SYS_TIME], drop: [ALL]}
        rlimits:
        - {type: RLIMIT_NOFILE, soft: 1024, hard: 4096}
        - {type: RLIMIT_CORE, soft: 0}
        - {type: RLIMIT_MEMLOCK, soft: unlimited}
        vcpus: 2
        memory: {min: 64MiB, max: 256MiB}
        priority: -10
        limits: {diskBytesPerSecond: 10MiB, diskOperationsPerSecond: 500, networkBytesPerSecond: 512KiB}
        restartPolicy: OnFailure
        terminationGracePeriod: 30s
        ports:
        - {host: 8080, guest: 80}
        - {host: 5353, guest: 53, protocol: udp}
        - 8443:443
        - 5353:53/tcp
        volumes:
        - {name: data, size: 64MiB, path: /data}
        - {name: shared, size: 2TiB, path: /mnt/shared, readOnly: true}
        tmpfs:
        - {path: /cache, size: 16MiB}
        secrets:
        - {name: database, env: DATABASE_PASSWORD}
        - {name: certificate, file: /run/secrets/certificate.pem}
        probes:
          startup: {exec: [/bin/check, --start], period: 1s, failureThreshold: 60}
          liveness: {tcp: {port: 80}, initialDelay: 5s}
          readiness: {http: {port: 80, path: "/health?full=1"}, period: 5s, timeout: 2s, successThreshold: 2}
        network:
          allowFrom: [other]
          egress:
          - {cidr: 10.1.0.0/16, port: 5432, protocol: tcp}
          - {cidr: "2001:db8::/32"}
        labels: {team: edge, tier: "1"}
        """;

    /// <summary>Further workloads that are right.</summary>
    public static TheoryData<string> Good =>
    [
        "", Everything,
        "network: {egress: deny}", "network: {egress: allow}", "network: {egress: []}", "network: {}",
        "stopSignal: TERM", "stopSignal: \"9\"", "stopSignal: SIGRTMIN+3",
        "user: \"1000\"", "memory: 64GiB", "memory: {min: 64MiB, max: 64MiB}", "priority: 1000",
        "kind: Job", "kind: Job\nschedule: \"30 2 * * *\"", "kind: Job\nschedule: \"*/5 8-17 * JAN-JUN MON-FRI\"", "kind: Job\nrestartPolicy: OnFailure",
        "probes: {}", "ports: []", "volumes: []", "capabilities: {}", "rlimits: []",
    ];

    /// <summary>Workloads with one mistake: lines, the field that is named, what is found there, and whether a schema can say so too.</summary>
    public static TheoryData<string, string, string, bool> Bad => new()
    {
        { "command: run", "command", "run", true },
        { "command: [1]", "command[0]", "the number 1", true },
        { "user: a:b:c", "user", "a:b:c", true },
        { "user: \"a b\"", "user", "a b", true },
        { "workingDir: srv", "workingDir", "srv", true },
        { "stopSignal: SIGWHAT", "stopSignal", "SIGWHAT", true },
        { "stopSignal: 15", "stopSignal", "the number 15 (a text has quotes: \"15\")", true },
        { "stopSignal: \"33\"", "stopSignal", "33", false },
        { "stopSignal: RTMAX+1", "stopSignal", "RTMAX+1", true },
        { "readOnlyRoot: 1", "readOnlyRoot", "the number 1", true },
        { "capabilities: {add: [FLY]}", "capabilities.add[0]", "FLY", true },
        { "capabilities: [NET_ADMIN]", "capabilities", "a list of 1", true },
        { "rlimits: [{type: NOFILE, soft: 1}]", "rlimits[0].type", "NOFILE", true },
        { "rlimits: [{type: RLIMIT_NOFILE, soft: 5, hard: 4}]", "rlimits[0].hard", "4", false },
        { "rlimits: [{type: RLIMIT_NOFILE}]", "rlimits[0].soft", "nothing", true },
        { "memory: {min: 64MiB}", "memory.max", "nothing", true },
        { "memory: {min: 256MiB, max: 128MiB}", "memory.max", "128MiB", false },
        { "memory: {min: 1MiB, max: 128MiB}", "memory.min", "1MiB", false },
        { "memory: {min: 64MiB, max: 128MiB, middle: 96MiB}", "memory.middle", "an unknown field", true },
        { "priority: 1001", "priority", "the number 1001", true },
        { "priority: -1001", "priority", "the number -1001", true },
        { "limits: {diskBytesPerSecond: 100}", "limits.diskBytesPerSecond", "the number 100 (a text has quotes: \"100\")", true },
        { "limits: {networkBytesPerSecond: 0MiB}", "limits.networkBytesPerSecond", "0MiB", false },
        { "limits: {diskOperationsPerSecond: 0}", "limits.diskOperationsPerSecond", "the number 0", true },
        { "kind: Cron", "kind", "Cron", true },
        { "kind: Job\nrestartPolicy: Always", "restartPolicy", "Always", true },
        { "schedule: \"0 0 * * *\"", "schedule", "0 0 * * *", true },
        { "kind: Job\nschedule: \"0 0 * *\"", "schedule", "0 0 * *", true },
        { "kind: Job\nschedule: \"0 0 0 * * *\"", "schedule", "0 0 0 * * *", true },
        { "kind: Job\nschedule: \"@daily\"", "schedule", "@daily", true },
        { "kind: Job\nschedule: \"61 0 * * *\"", "schedule", "61 0 * * *", false },
        { "kind: Job\nschedule: \"0 0 30 2 *\"", "schedule", "0 0 30 2 *", false },
        { "ports: 80", "ports", "the number 80", true },
        { "ports: [\"80\"]", "ports[0]", "80", true },
        { "ports: [80:80/sctp]", "ports[0]", "80:80/sctp", true },
        { "ports: [0:80]", "ports[0]", "0:80", false },
        { "ports: [{host: 80}]", "ports[0].guest", "nothing", true },
        { "ports: [{host: 80, guest: 65536}]", "ports[0].guest", "the number 65536", true },
        { "ports: [{host: 80, guest: 80, protocol: sctp}]", "ports[0].protocol", "sctp", true },
        { "ports: [80:80, {host: 80, guest: 81}]", "ports[1]", "80/tcp", false },
        { "volumes: [{name: data, size: 64MiB}]", "volumes[0].path", "nothing", true },
        { "volumes: [{name: data, size: 64MiB, path: data}]", "volumes[0].path", "data", true },
        { "volumes: [{name: data, size: 64MiB, path: /a/../b}]", "volumes[0].path", "/a/../b", true },
        { "volumes: [{name: data, size: 64MiB, path: /proc/x}]", "volumes[0].path", "/proc/x", true },
        { "volumes: [{name: data, size: 7MiB, path: /data}]", "volumes[0].size", "7MiB", false },
        { "volumes: [{name: Data, size: 64MiB, path: /data}]", "volumes[0].name", "Data", true },
        { "volumes: [{name: a, size: 64MiB, path: /a}, {name: a, size: 64MiB, path: /b}]", "volumes[1].name", "a", false },
        { "volumes: [{name: a, size: 64MiB, path: /a}, {name: b, size: 64MiB, path: /a}]", "", "volume a and volume b", false },
        { "volumes: [{name: a, size: 64MiB, path: /a}]\ntmpfs: [{path: /a, size: 1MiB}]", "", "volume a and a tmpfs", false },
        { "tmpfs: [{path: /a}]", "tmpfs[0].size", "nothing", true },
        { "tmpfs: [{path: /a, size: 1GiB}]", "tmpfs", "1024MiB", false },
        { "secrets: [{name: a}]", "secrets[0]", "neither", true },
        { "secrets: [{name: a, env: A, file: /a}]", "secrets[0]", "both", true },
        { "secrets: [{name: a, env: \"A B\"}]", "secrets[0].env", "A B", true },
        { "secrets: [{name: a, file: a}]", "secrets[0].file", "a", true },
        { "secrets: [{name: a, env: A}]\nenv: {A: b}", "secrets", "A twice", false },
        { "secrets: [{name: a, env: A}, {name: b, env: A}]", "secrets", "A twice", false },
        { "probes: {liveness: {period: 1s}}", "probes.liveness", "none of them", true },
        { "probes: {liveness: {tcp: {port: 1}, exec: [a]}}", "probes.liveness", "exec and tcp", true },
        { "probes: {liveness: {tcp: {}}}", "probes.liveness.tcp.port", "nothing", true },
        { "probes: {liveness: {http: {path: /}}}", "probes.liveness.http.port", "nothing", true },
        { "probes: {liveness: {http: {port: 80, path: health}}}", "probes.liveness.http.path", "health", true },
        { "probes: {liveness: {exec: []}}", "probes.liveness.exec", "an empty list", true },
        { "probes: {liveness: {tcp: {port: 1}, successThreshold: 2}}", "probes.liveness.successThreshold", "the number 2", true },
        { "probes: {readiness: {tcp: {port: 1}, period: 0s}}", "probes.readiness.period", "0s", false },
        { "probes: {readiness: {tcp: {port: 1}, period: 5}}", "probes.readiness.period", "the number 5 (a text has quotes: \"5\")", true },
        { "probes: {readiness: {tcp: {port: 1}, failureThreshold: 0}}", "probes.readiness.failureThreshold", "the number 0", true },
        { "probes: {ready: {tcp: {port: 1}}}", "probes.ready", "an unknown field", true },
        { "network: {egress: maybe}", "network.egress", "maybe", true },
        { "network: {egress: [{cidr: 10.0.0.1/8}]}", "network.egress[0].cidr", "10.0.0.1/8", false },
        { "network: {egress: [{port: 80}]}", "network.egress[0].cidr", "nothing", true },
        { "network: {allowFrom: [Other]}", "network.allowFrom[0]", "Other", true },
        { "labels: [a]", "labels", "a list of 1", true },
        { "labels: {a b: c}", "labels.a b", "a b", true },
        { "labels: {a: 1}", "labels.a", "the number 1 (a text has quotes: \"1\")", true },
    };

    /// <summary>A manifest with these lines; one that names its kind is of that kind.</summary>
    internal static string Manifest(string lines)
    {
        string indented = lines.ReplaceLineEndings("\n").Replace("\n", "\n    ", StringComparison.Ordinal);
        string manifest = Samples.Manifest(workload: indented);
        return lines.StartsWith("kind:", StringComparison.Ordinal) ? manifest.Replace("    kind: Service\n", "", StringComparison.Ordinal) : manifest;
    }
}
