using Cronos;
using MicroVm.Shared.Contracts.Desired;

namespace MicroVm.ControlPlane.Host.Manifests;

/// <summary>Reads when a workload begins and ends: kind, restartPolicy, schedule and terminationGracePeriod.</summary>
internal static class LifeReader
{
    private const string Path = WorkloadReader.Path;
    private const string ScheduleRule = "a schedule in cron's five fields (minute hour day month weekday, UTC) that comes round, such as \"30 2 * * *\"";
    private const int Fields = 5;

    /// <summary>Any moment would do: what never comes after it is no schedule.</summary>
    private static readonly DateTime s_someMoment = new(2024, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>A VM with what is read; errors go to the reader.</summary>
    internal static VmSpec Read(FieldReader reader, ManifestMap workload, VmSpec vm)
    {
        WorkloadKind? kind = ReadKind(reader, workload);
        return vm with
        {
            Kind = kind ?? WorkloadKind.Service,
            RestartPolicy = ReadRestartPolicy(reader, workload, kind),
            Schedule = ReadSchedule(reader, workload, kind),
            GracePeriodSeconds = reader.Parsed<int>(workload, Path, "terminationGracePeriod", Quantities.GraceRule, Quantities.GraceSeconds) ?? vm.GracePeriodSeconds,
        };
    }

    private static WorkloadKind? ReadKind(FieldReader reader, ManifestMap workload)
    {
        string rule = "one of " + string.Join(", ", Enum.GetNames<WorkloadKind>());
        string? text = reader.Text(workload, Path, "kind", rule);
        if (text is not null && !Enum.GetNames<WorkloadKind>().Contains(text))
        {
            reader.Fail($"{Path}.kind", rule, new ManifestText(text));
            return null;
        }

        return text is null ? null : Enum.Parse<WorkloadKind>(text);
    }

    private static RestartPolicy ReadRestartPolicy(FieldReader reader, ManifestMap workload, WorkloadKind? kind)
    {
        bool isJob = kind == WorkloadKind.Job;
        RestartPolicy policy = reader.Choice(workload, Path, "restartPolicy", isJob ? RestartPolicy.Never : RestartPolicy.Always);
        if (isJob && policy == RestartPolicy.Always)
        {
            reader.Fail($"{Path}.restartPolicy", "OnFailure or Never, because a job ends", nameof(RestartPolicy.Always));
        }

        return policy;
    }

    private static string ReadSchedule(FieldReader reader, ManifestMap workload, WorkloadKind? kind)
    {
        string? text = reader.Optional(workload, Path, "schedule", ScheduleRule);
        if (text is null)
        {
            return "";
        }

        if (!ComesRound(text))
        {
            reader.Fail($"{Path}.schedule", ScheduleRule, text.Length == 0 ? "an empty text" : new ManifestText(text).Describe());
        }
        else if (kind == WorkloadKind.Service)
        {
            reader.Fail($"{Path}.schedule", "nothing, because a service runs all the time; kind: Job has a schedule", new ManifestText(text));
        }

        return text;
    }

    private static bool ComesRound(string text)
    {
        try
        {
            return text.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries).Length == Fields
                && CronExpression.Parse(text, CronFormat.Standard).GetNextOccurrence(s_someMoment) is not null;
        }
        catch (CronFormatException)
        {
            return false;
        }
    }
}
