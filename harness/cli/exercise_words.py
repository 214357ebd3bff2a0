"""What ``v6lab exercise`` says to a trainee, in both languages."""

from __future__ import annotations

from harness.language import Text

LEVELS = {
    "basic": Text("cơ bản", "basic"),
    "intermediate": Text("trung cấp", "intermediate"),
    "advanced": Text("nâng cao", "advanced"),
}
STATES = {
    "new": Text("chưa bắt đầu", "not started"),
    "running": Text("đang làm", "running"),
    "stopped": Text("đã dừng", "stopped"),
    "passed": Text("đạt", "passed"),
    "shown": Text("đã xem lời giải", "solution shown"),
}
LIST_HEADS = (
    Text("mã", "id"),
    Text("mức", "level"),
    Text("giai đoạn", "stage"),
    Text("phút", "min"),
    Text("tên bài", "title"),
    Text("tình trạng", "state"),
    Text("điểm", "points"),
)
STATUS_HEADS = (
    Text("mã", "id"),
    Text("tình trạng", "state"),
    Text("đã qua (phút)", "minutes"),
    Text("gợi ý", "hints"),
    Text("lần chấm", "gradings"),
    Text("điểm cao nhất", "best"),
    Text("lab", "lab"),
    Text("thư mục", "directory"),
)
NO_LAB = Text("không cần lab", "no lab")
GOAL = Text("Mục tiêu", "Goal")
EDIT = Text("Các tệp được sửa (mỗi tệp là một phần của bài làm):", "Files that you may edit (they are your answer):")
READ = Text("Tài liệu để đọc:", "To be read:")
KEEP = Text("Phải giữ nguyên:", "Must stay as it is:")
TIME = Text(
    "Thời gian: {} phút; quá giờ mất 1 điểm mỗi phút, mỗi gợi ý mất 10 điểm.",
    "Time: {} minutes; then a point a minute, and ten for each hint.",
)
LOOK = Text(
    "Xem mạng: v6lab exec NÚT LỆNH --lab {lab} · v6lab shell NÚT --lab {lab} (các nút: v6lab nodes --lab {lab})",
    "Look into the network: v6lab exec NODE CMD --lab {lab} · v6lab shell NODE --lab {lab} (v6lab nodes --lab {lab})",
)
NEXT = Text(
    "Sửa tệp rồi chạy: v6lab exercise check {id}{who}   (bí thì: v6lab exercise hint {id}{who})",
    "Edit the files, then: v6lab exercise check {id}{who}   (stuck: v6lab exercise hint {id}{who})",
)
GREEN = Text("đạt", "green")
RED = Text("CHƯA ĐẠT", "RED")
DARK = Text("KHÔNG ĐO ĐƯỢC", "NOT MEASURED")
BROKEN = Text("ĐANG TỐT MÀ BỊ HỎNG", "BROKEN BY IT")
MEANS = Text("Với người dùng: {}", "To users: {}")
REFUSED = Text("Bài làm không được chấm, vì:", "The answer does not count, because:")
UNSETTLED = Text("Với bài làm này mạng chưa ổn định:", "With this answer the network has not settled:")
MORE = Text("… và {} mục nữa", "… and {} more")
POINTS = Text("{points} / 100 điểm (đã trừ {cost} điểm cho gợi ý và thời gian)", "{points} of 100 points ({cost} lost by hints and time)")  # fmt: skip
REACHED = Text("Đạt mục tiêu.", "The goal is reached.")
NOT_REACHED = Text("Chưa đạt mục tiêu: còn {} mục.", "The goal is not reached: {} to go.")
NOT_MEASURED = Text(
    "Chưa kết luận được: có mục không đo được. Thường là do mạng chưa hoạt động đến mức đo được; chi tiết ở trên.",
    "No conclusion: something could not be measured. Often the network is not far enough for that; see above.",
)
UNGRADED = Text(
    "Lời giải đã được xem, nên lần chấm này không tính điểm.", "The solution was shown: this is feedback, no grade."
)
HINT = Text("Gợi ý {number}/{all}: {text}", "Hint {number} of {all}: {text}")
NO_HINT = Text("Không còn gợi ý nào. v6lab exercise solution {id}{who} cho xem lời giải và kết thúc việc tính điểm.", "There are no more hints. v6lab exercise solution {id}{who} shows the solution and ends the grading.")  # fmt: skip
SOLUTION = Text("Lời giải (tính điểm kết thúc tại đây):", "Solution (the grading ends here):")
LIES_AT = Text("Các tệp của lời giải: {}", "The files of the solution: {}")
STOPPED = Text("Đã dừng {id}. Kết quả và bài làm còn lại ở {path}", "{id} is stopped. Record and answer stay in {path}")
STARTED = Text("Bài {id} đã bắt đầu: {title}", "{id} has begun: {title}")
NOTHING = Text("{} chưa bắt đầu bài nào.", "{} has started no exercise.")
